"""Measures a lab on virtual machines: box, from nothing, again, from a snapshot, down."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time

from testbed.bench.commands import testbed, testbed_in_steps
from testbed.bench.figures import HEADER, Figure, breakdown
from testbed.host.machine import machine
from testbed.host.progress import Progress
from testbed.interpreter import own_program
from testbed.providers.vagrant.box.accelerator import choose
from testbed.providers.vagrant.box.build import ensure_box

LAB = "bench-vm"
UP = ("up", "full", "-n", LAB, "--nodes", "vagrant")
REACHED, READY = "machines", "nodes-ready"  # ids of steps of `up`
TARGETS = {
    "box": ("the box, from packages", "≤ 100"),
    "reached": ("nothing → 3 machines reached", "≤ 90"),
    "ready": ("then, until every node is Ready", "≤ 240"),
    "up": ("nothing → verified, a pod on every node", ""),
    "again": ("second up (no-op)", ""),
    "save": ("a snapshot of it", ""),
    "restored": ("from the snapshot → Ready and verified", "≤ 60"),
    "down": ("down", "≤ 15"),
}


def run(progress: Progress, runs: int) -> str:
    """The report as Markdown."""
    box = ensure_box(progress.note)
    samples: dict[str, list[float]] = {name: [] for name in TARGETS}
    ups: list[dict[str, float]] = []
    restores: list[dict[str, float]] = []
    for number in range(1, runs + 1):
        with progress.step(f"run {number} of {runs}: the box"):
            samples["box"].append(_measure_box())
        with progress.step(f"run {number} of {runs}: a lab"):
            _measure_life(samples, ups, restores)
    figures = [
        Figure(what, tuple(samples[key]), "s", goal) for key, (what, goal) in TARGETS.items()
    ]
    return "\n".join(
        [
            *("# Performance of virtual machines", ""),
            f"Measured by `make bench-vm` on {time.strftime('%Y-%m-%d')}: {machine()}. "
            f"{choose(box).why}. Whole-process times, medians.",
            *("", HEADER, *(figure.row() for figure in figures), ""),
            *("## Where the time of a start goes", "", *breakdown(ups), ""),
            *("## Where the time of a start from a snapshot goes", "", *breakdown(restores), ""),
        ]
    )


def _measure_life(
    samples: dict[str, list[float]], ups: list[dict[str, float]], restores: list[dict[str, float]]
) -> None:
    try:
        seconds, steps = testbed_in_steps(*UP)
        ups.append(steps.by_title())
        reached = steps.until(REACHED)
        samples["up"].append(seconds)
        samples["reached"].append(reached)
        samples["ready"].append(steps.until(READY) - reached)
        samples["again"].append(testbed(*UP))
        samples["save"].append(testbed("snapshot", "save", "-n", LAB, "--force"))
        samples["down"].append(testbed("down", "-n", LAB))
        seconds, steps = testbed_in_steps(*UP, "--from-snapshot", "ready")
        restores.append(steps.by_title())
        samples["restored"].append(seconds)
    finally:
        testbed("down", "-n", LAB)
    testbed("snapshot", "delete", "-n", LAB)


def _measure_box() -> float:
    """Seconds to make a box where there is none."""
    with tempfile.TemporaryDirectory() as cache:
        begun = time.monotonic()
        subprocess.run(
            own_program("testbed", "box", "build"),
            env={**os.environ, "TESTBED_CACHE": cache},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        return time.monotonic() - begun
