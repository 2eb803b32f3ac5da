"""`testbed.usage`: what the lab's programs take of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import psutil

MIB = 1 << 20
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

    def machine(self) -> float:
        """MiB of this machine that cannot be had now, by this lab and all else."""
        memory = psutil.virtual_memory()
        return round((memory.total - memory.available) / MIB, 1)


def _processes() -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline", "memory_info", "cpu_times"]):
        if process.info["cmdline"]:  # one that ended, or a thread of the kernel, has none
            yield process


def _own_share(process: psutil.Process) -> int:
    """Bytes; a page that several have counts in parts."""
    with suppress(psutil.Error):  # it ended
        return int(process.memory_full_info().pss)
    return 0
