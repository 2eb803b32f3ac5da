"""What a lab's processes take: memory, descriptors, zombies; and what it has written."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psutil

MIB = 1 << 20


@dataclass(frozen=True)
class Figures:
    """`memory`: program → MiB of its largest process. `descriptors`: program → most open files.

    `counts`: program → processes. `written`: MiB of logs, state and data.
    """

    memory: Mapping[str, float]
    descriptors: Mapping[str, int]
    counts: Mapping[str, int]
    zombies: int
    written: float

    def to_json(self) -> dict[str, object]:
        """For the record of a run."""
        return {
            "memory_mib": dict(self.memory),
            "descriptors": dict(self.descriptors),
            "processes": dict(self.counts),
            "zombies": self.zombies,
            "written_mib": self.written,
        }


@dataclass
class _Sum:
    memory: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    descriptors: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def measure(processes: Iterable[psutil.Process], directories: Iterable[Path]) -> Figures:
    """Of these processes, and of all files below these directories. A process may end meanwhile."""
    total, zombies = _Sum(), 0
    for process in processes:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                zombies += 1
                continue
            name, memory, files = name_of(process), process.memory_info().rss, process.num_fds()
        except psutil.NoSuchProcess:
            continue
        total.memory[name] = max(total.memory[name], round(memory / MIB, 1))
        total.descriptors[name] = max(total.descriptors[name], files)
        total.counts[name] += 1
    written = round(sum(map(_size, directories)) / MIB, 1)
    return Figures(total.memory, total.descriptors, total.counts, zombies, written)


def name_of(process: psutil.Process) -> str:
    """The program: `isisd`, or the module of a Python program."""
    command = process.cmdline() or [process.name()]
    modules = [word for flag, word in pairwise(command) if flag == "-m"]
    scripts = [Path(word).stem for word in command[1:] if word.endswith(".py")]
    return (modules or scripts or [Path(command[0]).name])[0]


def _size(directory: Path) -> int:
    """Bytes that files take on this one file system."""
    said = subprocess.run(["du", "-sxB1", directory], capture_output=True, text=True, check=False)
    return int(said.stdout.split()[0]) if said.stdout else 0


def table(before: Figures, after: Figures) -> str:
    """Both side by side, a line per program."""
    lines = [f"{'program':<28} {'processes':>11} {'MiB':>15} {'descriptors':>13}"]
    for name in sorted({*before.counts, *after.counts}):
        lines.append(
            f"{name[-28:]:<28} {before.counts.get(name, 0):>4} → {after.counts.get(name, 0):>4}"
            f" {before.memory.get(name, 0):>6} → {after.memory.get(name, 0):>6}"
            f" {before.descriptors.get(name, 0):>5} → {after.descriptors.get(name, 0):>5}"
        )
    lines.append(f"zombies {before.zombies} → {after.zombies}")
    lines.append(f"written, MiB {before.written} → {after.written}")
    return "\n".join(lines)
