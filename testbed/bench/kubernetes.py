"""Measures a Kubernetes lab: from nothing, warm, pods, joining, idle."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil

from testbed.bench.commands import testbed, testbed_in_steps
from testbed.bench.figures import Figure
from testbed.bench.idle import idle_load
from testbed.host.labs import lab_dir
from testbed.interpreter import own_code

LAB = "bench"
UP = ("up", "full", "-n", LAB, "--cluster", "kubernetes")


def life(runs: int) -> tuple[list[Figure], list[dict[str, float]]]:
    """Nothing → first ping, again, pods, idle, down; then warm from kept data.

    Also, of each start from nothing: its steps with their seconds.
    """
    samples: dict[str, list[float]] = {}
    steps: list[dict[str, float]] = []

    def take(name: str, act: Callable[[], object]) -> None:
        begun = time.monotonic()
        act()
        samples.setdefault(name, []).append(time.monotonic() - begun)

    for _ in range(runs):
        before = psutil.virtual_memory().available
        take("up", lambda: steps.append(_up_and_ping()))
        take("again", lambda: testbed(*UP))
        for number in range(3):
            create = ("pod", "create", f"p{number}", "--node", "worker1", "-n", LAB)
            take("pod", partial(testbed, *create))
        samples.setdefault("memory", []).append(
            (before - psutil.virtual_memory().available) / (1 << 30)
        )
        samples.setdefault("idle", []).append(idle_load(lab_dir(LAB).living()))
        testbed("down", "--keep", "-n", LAB)
        take("warm", _up_and_ping)
        take("down", lambda: testbed("down", "-n", LAB))
    figures = (
        ("up", "Kubernetes: nothing → full topology, 3 nodes Ready, first ping", "s", "≤ 10"),
        ("warm", "Kubernetes: warm start from kept data, pods back", "s", "≤ 6"),
        ("again", "Kubernetes: second up (no-op)", "s", "≤ 1"),
        ("pod", "Kubernetes: pod created → Running with addresses", "s", "≤ 1.5"),
        ("down", "Kubernetes: down", "s", "≤ 3"),
        ("memory", "Kubernetes: memory in all", "GiB", "≤ 2"),
        ("idle", "Kubernetes: idle, of one core", "%", "≤ 15"),
    )
    return [
        Figure(title, tuple(samples[key]), unit, goal) for key, title, unit, goal in figures
    ], steps


def joins(runs: int) -> Figure:
    """A worker joins a running cluster → its pod answers; measured by the scenario's own clock."""
    import json
    import tempfile

    seconds = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as directory:
            testbed("run", "node-join", "--cluster", "kubernetes", "--evidence", directory)
            result = json.loads((Path(directory) / "node-join/result.json").read_text())
            seconds.append(float(result["figures"]["seconds until its pod was reached"]))
    return Figure("Kubernetes: worker joins → its pod is reached", tuple(seconds), "s", "≤ 4")


def _up_and_ping() -> dict[str, float]:
    steps = testbed_in_steps(*UP)[1].by_title()
    begun = time.monotonic()
    _ping_pods("pod-worker1", "pod-worker2")
    return {**steps, "first ping between pods": time.monotonic() - begun}


def _ping_pods(source: str, destination: str) -> None:
    """One ping between pods of the lab."""
    inside = ["nsenter", "-t", str(lab_dir(LAB).init_pid()), "-a", "--"]
    listing = (
        "from testbed.orchestrators.registry import orchestrator_of as of; "
        "from testbed.lab.state import plan_inside; plan = plan_inside(); "
        f"print([p.ipv4 for p in of(plan).pods(plan) if p.name == {destination!r}][0][:-3])"
    )
    command = [*inside, *own_code(listing)]
    address = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    ping = ["nsenter", f"--net=/run/netns/pod-{source}", "ping", "-c1", "-W5", address]
    subprocess.run([*inside, *ping], check=True, capture_output=True)
