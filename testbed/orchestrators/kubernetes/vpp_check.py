"""VPP's start files before a real vpp, in a network of its own: does it come up as they say?"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path

from testbed.errors import CheckFailed
from testbed.host.run import run
from testbed.host.wait import wait_for
from testbed.orchestrators.kubernetes.dry_run import Verdict
from testbed.plan.model import Node
from testbed.render import calico_vpp as render

PATIENCE = 15.0  # seconds; VPP runs startup.exec about 2 s after it came up
_SID = re.compile(r"Address:\s+([0-9a-f:]+)\S*\s+Behavior:\s+(\w+)")
_FAULT = re.compile(r"error|unknown input", re.IGNORECASE)


def installed() -> bool:
    """Is there a vpp, and the program that asks it?"""
    return all(shutil.which(program) for program in ("vpp", "vppctl"))


def judge(node: Node) -> Verdict:
    """Start VPP as on this node, without its uplink, until it has the plan's SIDs.

    vppctl ends with 0 whatever VPP says, and a faulty line leaves VPP half configured: only its
    state tells, and what it prints. Needs root, for a network namespace.
    """
    subject = f"vpp/{node.name}"
    if not installed():
        return Verdict(subject, "unchecked", "no vpp on this machine")
    assert node.cluster is not None
    wanted = {node.cluster.local_sids.dt4: "DT4", node.cluster.local_sids.dt6: "DT6"}
    with tempfile.TemporaryDirectory(prefix="testbed-vpp-") as directory:
        try:
            with _started_vpp(Path(directory), render.startup_exec(node)) as vpp:
                wait_for("VPP's SIDs", lambda: vpp.probe(wanted), PATIENCE, 0.1)
        except CheckFailed as error:
            return Verdict(subject, "refused", error.why or error.what)
    return Verdict(subject, "accepted")


def local_sids(text: str) -> dict[IPv6Address, str]:
    """SID → behaviour (DT4, DT6 …), out of `show sr localsids`."""
    return {IPv6Address(address): behaviour for address, behaviour in _SID.findall(text)}


@dataclass(frozen=True)
class _Vpp:
    """One that was started, with what it prints and where it listens."""

    process: subprocess.Popen[bytes]
    log: Path
    socket: Path

    def probe(self, wanted: Mapping[IPv6Address, str]) -> tuple[bool | None, str]:
        """For wait_for: has it these SIDs? Raises CheckFailed if it ended or found a fault."""
        said = " ".join(self.log.read_text(errors="replace").split())
        code = self.process.poll()
        if code is not None or _FAULT.search(said):
            raise CheckFailed("vpp failed", why=said or f"vpp ended with exit code {code}")
        command = ["vppctl", "-s", str(self.socket), "show sr localsids"]
        found = local_sids(run(command, check=False).stdout) if self.socket.exists() else {}
        return (
            True if found == wanted else None
        ), f"SIDs {_describe_sids(found)}; wanted {_describe_sids(wanted)}"


@contextmanager
def _started_vpp(directory: Path, commands: str) -> Iterator[_Vpp]:
    """VPP with these first commands, until the block ends."""
    conf, exec_file, log = (directory / n for n in ("startup.conf", "startup.exec", "log"))
    conf.write_text(render.startup_conf(str(directory), str(exec_file)))
    exec_file.write_text(commands)
    with log.open("w") as stream:
        process = subprocess.Popen(
            ["unshare", "--net", "--", "vpp", "-c", str(conf)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _Vpp(process, log, directory / "cli.sock")
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _describe_sids(sids: Mapping[IPv6Address, str]) -> str:
    return ", ".join(f"{sid} {behaviour}" for sid, behaviour in sids.items()) or "none"
