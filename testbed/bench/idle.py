"""Measures how busy a lab is that has nothing to do: the CPU times of its processes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import psutil

INTERVAL = 10.0  # seconds: of 27 daemons, each counted in ticks of 10 ms
_BUSY = 4  # user, system, and both of children that have ended and were waited for


def share_of_core(before: float, after: float, seconds: float) -> float:
    """Per cent of one core, from the CPU seconds at the beginning and at the end."""
    return 100 * (after - before) / seconds


def busy_seconds(times: Iterable[Sequence[float]]) -> float:
    """The CPU seconds of processes with those of their ended children, so that none is lost."""
    return sum(sum(one[:_BUSY]) for one in times)


def idle_load(init: int) -> float:
    """Per cent of one core that a lab takes, by the pid of its init, over the interval."""
    before, begun = cpu_seconds(init), time.monotonic()
    time.sleep(INTERVAL)  # the interval that is measured
    return share_of_core(before, cpu_seconds(init), time.monotonic() - begun)


def cpu_seconds(init: int) -> float:
    """What a process and all that descend from it have used. Raises psutil.NoSuchProcess."""
    root = psutil.Process(init)
    return busy_seconds(_read_times([root, *root.children(recursive=True)]))


def _read_times(processes: Iterable[psutil.Process]) -> Iterable[Sequence[float]]:
    for process in processes:
        try:
            yield process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # ended meanwhile: counted where it was waited for
