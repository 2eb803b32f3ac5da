"""What is kept of a run: rendered files, routes, RIBs, logs, environment."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host import frr
from testbed.host.run import run
from testbed.lab import state
from testbed.lab.access.locate import run_in
from testbed.orchestrators.registry import orchestrator_of
from testbed.paths import API, GOBGPD, LOGS, NODES
from testbed.plan.model import Plan
from testbed.providers.members import present
from testbed.providers.registry import handle
from testbed.render.everything import everything
from testbed.scenario.run.kube_evidence import keep_kubernetes

_COMMANDS = {
    "routes-v6": ["ip", "-6", "route", "show", "table", "all"],
    "routes-v4": ["ip", "-4", "route", "show"],
    "links": ["ip", "-s", "address", "show"],
    "sysctls": ["sysctl", "-a", "-r", r"seg6|forwarding|fib_multipath|tcp_(congestion|.?mem)"],
}


def keep_evidence(plan: Plan, directory: Path) -> None:
    """Write everything that a reader of a failure asks for, as it is now.

    What cannot be had is named in incomplete.txt: evidence never changes a verdict.
    """
    parts: list[Callable[[Plan, Path], None]] = [
        _keep_rendered,
        _keep_observed,
        _keep_offloads,
        _keep_ribs,
        _keep_objects,
    ]
    if plan.orchestrator_traits.containers:
        parts.append(keep_kubernetes)
    missing = []
    for part in parts:
        try:
            part(plan, directory)
        except (TestbedError, OSError, shutil.Error) as error:
            missing.append(f"{part.__name__.strip('_').removeprefix('keep_')}: {error}\n")
    if missing:
        _write_text(directory / "incomplete.txt", "".join(missing))
    _write_text(directory / "environment.txt", environment())


def _keep_rendered(plan: Plan, directory: Path) -> None:
    for name, text in everything(plan).items():
        _write_text(directory / "rendered" / name, text)


def _keep_observed(plan: Plan, directory: Path) -> None:
    namespaces = [n.name for n in plan.nodes] + [p.netns for p in orchestrator_of(plan).pods(plan)]
    for name in namespaces:
        for what, command in _COMMANDS.items():
            done = run_in(plan, name, command, check=False)
            _write_text(directory / "observed" / name / f"{what}.txt", done.stdout + done.stderr)
    for node in present(plan):
        status = NODES / node.name / "status.json"
        if status.exists():
            shutil.copy(status, directory / "observed" / node.name / "agent-status.json")


def keep_sysctls(plan: Plan, directory: Path) -> None:
    """Those of every node, where a scenario's evidence has them. Raises OSError, TestbedError."""
    for node in plan.nodes:
        done = run_in(plan, node.name, _COMMANDS["sysctls"], check=False)
        _write_text(directory / "observed" / node.name / "sysctls.txt", done.stdout + done.stderr)


def _keep_offloads(plan: Plan, directory: Path) -> None:
    """What the devices of cluster nodes do for the kernel: segmentation, checksums."""
    here = {node.name for node in present(plan)}
    ports = [port for link in plan.links for port in (link.a, link.b) if port.node in here]
    for port in ports:
        done = run_in(plan, port.node, ["ethtool", "-k", port.interface], check=False)
        file = directory / "observed" / port.node / f"offloads-{port.interface}.txt"
        _write_text(file, done.stdout + done.stderr)


def _keep_objects(_plan: Plan, directory: Path) -> None:
    """The light lab's objects, and the logs of the lab's own supervisor."""
    if API.is_dir():
        shutil.copytree(API, directory / "api", dirs_exist_ok=True)
    shutil.copytree(LOGS, directory / "logs", dirs_exist_ok=True)


def _keep_ribs(plan: Plan, directory: Path) -> None:
    """Each gobgpd's unicast tables; its command line cannot show SR Policies, the agents do."""
    if not GOBGPD.exists():
        return
    for node in [*present(plan), *plan.injectors]:
        for family in ("ipv4", "ipv6"):
            gobgp = handle(node.name).path_of(state.gobgpd().with_name("gobgp"))
            command = [str(gobgp), "global", "rib", "-a", family, "-j"]
            done = run_in(plan, node.name, command, check=False)
            file = directory / "observed" / node.name / f"rib-{family}.json"
            _write_text(file, done.stdout + done.stderr)


def environment() -> str:
    """The machine and the versions that decide what a run shows."""
    lines = [
        f"kernel {platform.release()} {platform.machine()}",
        f"python {platform.python_version()}",
    ]
    done = run(["ip", "-V"], check=False)
    lines += [(done.stdout or done.stderr).splitlines()[0], frr.version_line()]
    return "\n".join(lines) + "\n"


def _write_text(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
