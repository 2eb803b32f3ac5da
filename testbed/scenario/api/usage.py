"""`testbed.usage`: what the lab's programs take of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MIB, KIB = 1 << 20, 1 << 10
_OF_KERNEL = ("SUnreclaim", "KernelStack", "PageTables", "Percpu")
AGENT = "testbed.agent"


@dataclass(frozen=True)
class Use:
    """`memory`: MiB of the largest process; `cpu`: seconds of all."""

    memory: float
    cpu: float


class Usage:
    """Counted over the processes of the lab, as those of this machine; none of virtual machines."""

    def agents(self) -> Use:
        """The nodes' agents."""
        found = [process for process in _processes() if AGENT in process.info["cmdline"]]
        memory = max((process.info["memory_info"].rss for process in found), default=0)
        times = [process.info["cpu_times"] for process in found]
        return Use(round(memory / MIB, 1), round(sum(t.user + t.system for t in times), 2))

    def programs(self) -> float:
        """MiB of all programs of the lab; what they share is counted once."""
        return round(sum(map(_own_share, _processes())) / MIB, 1)

    def kernel(self) -> float:
        """MiB that this machine's kernel has for itself, as for network namespaces."""
        return kernel_memory(Path("/proc/meminfo").read_text())


def kernel_memory(meminfo: str) -> float:
    """MiB that are neither programs' nor given back when they are asked for."""
    rows = (line.split() for line in meminfo.splitlines())
    return round(sum(int(row[1]) for row in rows if row[0].rstrip(":") in _OF_KERNEL) / KIB, 1)


def _processes() -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline", "memory_info", "cpu_times"]):
        if process.info["cmdline"]:  # one that ended, or a thread of the kernel, has none
            yield process


def _own_share(process: psutil.Process) -> int:
    """Bytes; a page that several have counts in parts."""
    with suppress(psutil.Error):  # it ended
        return int(process.memory_full_info().pss)
    return 0
