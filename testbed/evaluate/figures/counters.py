"""A machine's counters as its kernel shows them, and what happened between two readings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

TICKS = 100  # per second: USER_HZ, which every kernel of Linux shows to programs
# What a reading is of, in this order; the first line's number is of seconds since boot.
FILES = ("/proc/uptime", "/proc/stat", "/proc/net/softnet_stat", "/proc/meminfo")
_SEPARATOR = "--"
# Prints the time of day and those files; for a shell, of a node's own.
SCRIPT = "date +%s.%N; " + "; ".join(f"echo {_SEPARATOR}; cat {file}" for file in FILES)
KIB = 1024


@dataclass(frozen=True)
class Cpu:
    """Seconds of all processors, as /proc/stat splits them."""

    user: float = 0
    nice: float = 0
    system: float = 0
    idle: float = 0
    iowait: float = 0
    irq: float = 0
    softirq: float = 0
    steal: float = 0

    @property
    def total(self) -> float:
        """All that there were."""
        return float(sum(getattr(self, field.name) for field in fields(self)))

    @property
    def busy(self) -> float:
        """In which this machine did something."""
        return self.user + self.nice + self.system + self.irq + self.softirq

    def since(self, before: Cpu) -> Cpu:
        """What passed meanwhile. A kernel may correct idle and iowait downwards."""
        return Cpu(
            *(max(0.0, getattr(self, f.name) - getattr(before, f.name)) for f in fields(Cpu))
        )

    def share(self, seconds: float) -> float:
        """A part of all seconds, at most 1."""
        return min(1.0, seconds / self.total) if self.total else 0.0


@dataclass(frozen=True)
class Machine:
    """One reading of one kernel: seconds, packets and bytes.

    `real_s` is the time of day, `passed_s` a clock that nobody sets.
    """

    cpu: Cpu
    backlog_drops: int
    memory_bytes: int  # in use
    real_s: float
    passed_s: float


def parse(text: str) -> Machine:
    """What SCRIPT prints. Raises ValueError for anything else."""
    parts = [part.strip() for part in text.split(f"\n{_SEPARATOR}\n")]
    if len(parts) != 1 + len(FILES):
        raise ValueError(f"not {1 + len(FILES)} parts: {text[:200]!r}")
    clock, uptime, stat, softnet, meminfo = parts
    return Machine(
        parse_cpu(stat),
        sum(int(line.split()[1], 16) for line in softnet.splitlines()),
        _memory_in_use(meminfo),
        float(clock),
        float(uptime.split()[0]),
    )


def parse_cpu(stat: str) -> Cpu:
    """The line of all processors. Guests' time, at its end, is in that of user already."""
    words = stat.partition("\n")[0].split()
    if not words or words[0] != "cpu":
        raise ValueError(f"no line of processors: {stat[:100]!r}")
    return Cpu(*(int(word) / TICKS for word in words[1:9]))


def _memory_in_use(meminfo: str) -> int:
    sizes = dict(line.split(":", 1) for line in meminfo.splitlines())
    total, free = (int(sizes[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return (total - free) * KIB


@dataclass(frozen=True)
class Reading:
    """All machines of a lab, by node ("" is the machine that the lab is on), and the lab's share.

    `cpu_s` and `memory_bytes` are the nodes' own; `lab_cpu_s` is what all of the lab has used on
    its machine, `throttled` how often quotas held it back.
    """

    machines: Mapping[str, Machine]
    cpu_s: Mapping[str, float]
    memory_bytes: Mapping[str, int]
    lab_cpu_s: float
    throttled: int
