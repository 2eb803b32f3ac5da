"""VPP's start files before a real vpp, in a network of its own: does it come up as they say?"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address
from pathlib import Path

from testbed.cluster.dry_run import Verdict
from testbed.errors import CheckFailed
from testbed.host.run import run
from testbed.host.wait import wait_for
from testbed.plan.model import Node
from testbed.render import calico_vpp as render

PATIENCE = 30.0  # seconds for VPP to come up
_SID = re.compile(r"Address:\s+(\S+?)(?:/128)?\s+Behavior:\s+(D[TX]\d)", re.MULTILINE)


def judge(node: Node) -> Verdict:
    """Start VPP as on this node, without its uplink, and compare its SIDs with the plan's.

    vppctl ends with 0 whatever VPP says, and a faulty line ends a start file in silence: only
    VPP's state tells. Needs root, for a network namespace.
    """
    subject = f"vpp/{node.name}"
    if shutil.which("vpp") is None or shutil.which("vppctl") is None:
        return Verdict(subject, "unchecked", "no vpp on this machine")
    assert node.cluster is not None
    wanted = {node.cluster.local_sids.dt4: "DT4", node.cluster.local_sids.dt6: "DT6"}
    with tempfile.TemporaryDirectory(prefix="testbed-vpp-") as name:
        directory = Path(name)
        try:
            with _running(directory, render.startup_exec(node)):
                found = local_sids(_said(directory, "show sr localsids"))
        except CheckFailed as error:
            return Verdict(subject, "refused", error.why or error.what)
    if found != wanted:
        return Verdict(subject, "refused", f"SIDs {_words(found)}; wanted {_words(wanted)}")
    return Verdict(subject, "accepted")


def local_sids(text: str) -> dict[IPv6Address, str]:
    """SID → behaviour (DT4, DT6 …), out of `show sr localsids`."""
    return {IPv6Address(address): behaviour for address, behaviour in _SID.findall(text)}


@contextmanager
def _running(directory: Path, commands: str) -> Iterator[None]:
    """VPP with these first commands, until the block ends. Raises CheckFailed if it ends itself."""
    conf, exec_file, log = (directory / n for n in ("startup.conf", "startup.exec", "log"))
    conf.write_text(render.startup_conf(str(directory), str(exec_file)))
    exec_file.write_text(commands)
    with log.open("w") as stream:
        vpp = subprocess.Popen(
            ["unshare", "--net", "--", "vpp", "-c", str(conf)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )

    def probe() -> tuple[bool | None, str]:
        state = " ".join(log.read_text(errors="replace").split()[-60:])
        if vpp.poll() is not None:
            raise CheckFailed("vpp ended", why=f"vpp ended ({vpp.returncode}): {state}")
        there = (directory / "cli.sock").exists() and "vpp" in _said(directory, "show version")
        return (True if there else None), state

    try:
        wait_for("vpp to come up", probe, PATIENCE, 0.1)
        yield
    finally:
        vpp.terminate()
        try:
            vpp.wait(5)
        except subprocess.TimeoutExpired:
            vpp.kill()
            vpp.wait()


def _said(directory: Path, command: str) -> str:
    return run(["vppctl", "-s", str(directory / "cli.sock"), command], check=False).stdout


def _words(sids: dict[IPv6Address, str]) -> str:
    return ", ".join(f"{sid} {behaviour}" for sid, behaviour in sids.items()) or "none"
