"""Reads the counters of the machines that a transfer runs on, and of the control groups in it."""

from __future__ import annotations

import resource
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from testbed.evaluate.figures.counters import SCRIPT, TICKS, Machine, Reading, parse
from testbed.host import cgroups
from testbed.host.run import run
from testbed.paths import CGROUPS
from testbed.plan.model import Plan
from testbed.providers.registry import handle

HOST = ""  # among machines: the one that the lab is on
NANO, MICRO = 1e-9, 1e-6


class Meter:
    """Reads what the machines of a lab do; this process is inside of it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._groups = Groups.mounted()
        # As a part of the lab, what this command does for it is no other load, and no process of
        # the host is served before it.
        self._is_member = self._groups is not None and self._groups.join()

    def read(self, nodes: Iterable[str]) -> Reading:
        """The machine's counters, and those of these nodes. Raises TestbedError."""
        names = list(dict.fromkeys(nodes))
        groups = self._groups
        host = parse(run(["sh", "-c", SCRIPT]).stdout)
        throttled = groups.throttled() if groups else 0
        if self._plan.provider_traits.own_kernel:
            guests = {name: parse(handle(name).run(["sh", "-c", SCRIPT])) for name in names}
            machines = {HOST: host, **guests}
            return Reading(machines, *_of_guests(guests), self._lab_seconds(), throttled)
        cpu = {name: groups.cpu_seconds(name) for name in names} if groups else {}
        memory = {name: groups.memory(name) for name in names} if groups else {}
        return Reading({HOST: host}, cpu, memory, self._lab_seconds(), throttled)

    def _lab_seconds(self) -> float:
        """Without groups of its own, a lab is what is in its pid namespace; so is this command."""
        if self._groups is None:
            return _seconds_of_processes(Path("/proc"))
        return self._groups.cpu_seconds() + (0.0 if self._is_member else _own_seconds())


def _of_guests(guests: dict[str, Machine]) -> tuple[dict[str, float], dict[str, int]]:
    """All that a machine does is its node's."""
    cpu = {name: machine.cpu.busy for name, machine in guests.items()}
    return cpu, {name: machine.memory_bytes for name, machine in guests.items()}


class Groups:
    """The control groups of a lab as they are mounted in it, version 1 or 2, from its own down."""

    def __init__(self, top: Path, found: list[cgroups.Hierarchy]) -> None:
        self._version = cgroups.version(found)
        self._trees = {
            controller: cgroups.tree_dir(found, hierarchy, top)
            for hierarchy in found
            for controller in hierarchy.name.split(",")
        }

    @classmethod
    def mounted(cls) -> Groups | None:
        """Those of the lab that this process is in; None where a lab has none of its own."""
        return cls(CGROUPS, cgroups.own()) if CGROUPS.is_dir() else None

    def join(self) -> bool:
        """Move this process to the lab's own group; False where the host does not let it."""
        below = "init" if self._version == 2 else ""
        try:
            for tree in dict.fromkeys(self._trees.values()):
                cgroups.make_and_join(tree / below)
        except OSError:
            return False
        return True

    def cpu_seconds(self, node: str = "") -> float:
        """Of a node, or of all of the lab."""
        if self._version == 1:
            return int(self._text("cpuacct", node, "cpuacct.usage")) * NANO
        return _stat(self._text("cpu", node, "cpu.stat")).get("usage_usec", 0) * MICRO

    def memory(self, node: str) -> int:
        """Bytes that a node has, its page cache too."""
        name = "memory.usage_in_bytes" if self._version == 1 else "memory.current"
        return int(self._text("memory", node, name))

    def throttled(self) -> int:
        """Periods in which a quota in the lab was used up: a group's figure is its own only."""
        files = self._directory("cpu", "").rglob("cpu.stat")
        return sum(_stat(text).get("nr_throttled", 0) for text in _readable(files))

    def _text(self, controller: str, node: str, file: str) -> str:
        return (self._directory(controller, node) / file).read_text()

    def _directory(self, controller: str, node: str) -> Path:
        return self._trees["unified" if self._version == 2 else controller] / node


def _readable(files: Iterable[Path]) -> Iterator[str]:
    """Without those that ended meanwhile."""
    for file in files:
        with suppress(OSError):
            yield file.read_text()


def _stat(text: str) -> dict[str, int]:
    return {key: int(value) for key, value in (line.split() for line in text.splitlines())}


def _own_seconds() -> float:
    """Of this command and of what it waited for: it runs outside of the lab's groups."""
    both = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _seconds_of_processes(proc: Path) -> float:
    """Of all processes that this /proc shows, and of their children that ended."""
    files = (entry / "stat" for entry in proc.iterdir() if entry.name.isdigit())
    # after the name, which may hold anything: utime, stime, cutime and cstime are 14 to 17
    words = (text.rpartition(")")[2].split()[11:15] for text in _readable(files))
    return sum(int(word) for four in words for word in four) / TICKS
