"""Which supervisor keeps a node's daemons running: the node's own, or the lab's."""

from __future__ import annotations

import json
from pathlib import Path

from testbed.host.lab_init_main import start_time
from testbed.host.supervisor import Place, ProgramState, Supervisor
from testbed.paths import NODES

SPEC = "container.json"


def place(node: str) -> Place:
    """Where the supervisor of a node with an init of its own keeps its files."""
    return Place(NODES / node, own_netns=True)


def has_init(node: str) -> bool:
    """True for a node with an init of its own."""
    return (place(node).directory / SPEC).exists()


def with_init() -> list[str]:
    """The nodes with an init of their own."""
    return sorted(spec.parent.name for spec in NODES.glob(f"*/{SPEC}"))


def supervisor_of(node: str) -> Supervisor:
    """The supervisor of a node's daemons."""
    return Supervisor(place(node)) if has_init(node) else Supervisor()


def init_pid(node: str) -> int | None:
    """Pid, inside the lab, of a node's living init; None if there is none."""
    try:
        record = json.loads((place(node).directory / "init.json").read_text())
        pid = int(record["pid"])
        return pid if start_time(pid) == record["started"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def node_states() -> dict[str, ProgramState]:
    """Every program of nodes with an init of their own, by name; see Supervisor.states()."""
    states: dict[str, ProgramState] = {}
    for node in with_init():
        supervisor = Supervisor(place(node))
        if supervisor.ready():
            states.update(supervisor.states())
    return states


def log_file(program: str) -> Path:
    """Where a program's output goes."""
    node = program.partition(".")[0]
    own = place(node).logs / f"{program}.log"
    return own if own.exists() else Supervisor().place.logs / f"{program}.log"
