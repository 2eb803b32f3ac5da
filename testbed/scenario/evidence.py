"""What is kept of a run: rendered files, routes, RIBs, logs, environment."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from testbed.host.run import in_netns, run
from testbed.lab import pods, state
from testbed.nodes.cluster import NODES, present
from testbed.plan.model import Plan
from testbed.render.cluster import API
from testbed.render.everything import everything

_COMMANDS = {
    "routes-v6": ["ip", "-6", "route", "show", "table", "all"],
    "routes-v4": ["ip", "-4", "route", "show"],
    "links": ["ip", "-s", "address", "show"],
}


def keep_evidence(plan: Plan, directory: Path) -> None:
    """Write everything that a reader of a failure asks for."""
    for name, text in everything(plan).items():
        _write(directory / "rendered" / name, text)
    namespaces = [n.name for n in plan.nodes] + [p.netns for p in pods.listing(plan)]
    for name in namespaces:
        for what, command in _COMMANDS.items():
            done = run(in_netns(name, command), check=False)
            _write(directory / "observed" / name / f"{what}.txt", done.stdout + done.stderr)
    for node in present(plan):
        status = NODES / node.name / "status.json"
        if status.exists():
            shutil.copy(status, directory / "observed" / node.name / "agent-status.json")
    _keep_ribs(plan, directory)
    if Path(API).is_dir():
        shutil.copytree(API, directory / "api", dirs_exist_ok=True)
    shutil.copytree("/run/testbed/logs", directory / "logs", dirs_exist_ok=True)
    _write(directory / "environment.txt", environment())


def _keep_ribs(plan: Plan, directory: Path) -> None:
    """Each gobgpd's unicast tables; its command line cannot show SR Policies, the agents do."""
    if not state.GOBGPD.exists():
        return
    gobgp = str(state.gobgpd().with_name("gobgp"))
    for node in [*present(plan), *plan.injectors]:
        for family in ("ipv4", "ipv6"):
            command = [gobgp, "global", "rib", "-a", family, "-j"]
            done = run(in_netns(node.name, command), check=False)
            file = directory / "observed" / node.name / f"rib-{family}.json"
            _write(file, done.stdout + done.stderr)


def environment() -> str:
    """The machine and the versions that decide what a run shows."""
    lines = [
        f"kernel {platform.release()} {platform.machine()}",
        f"python {platform.python_version()}",
    ]
    for command in (["ip", "-V"], ["/usr/lib/frr/zebra", "--version"]):
        done = run(command, check=False)
        lines.append((done.stdout or done.stderr).splitlines()[0])
    return "\n".join(lines) + "\n"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
