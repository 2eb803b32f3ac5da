"""Measures whole `testbed` commands: up, up again, down, --help."""

from __future__ import annotations

import subprocess
import time

from testbed.bench.figures import Figure
from testbed.bench.idle import idle_load
from testbed.bench.steps import Steps
from testbed.host.labs import lab_dir
from testbed.host.progress import read_steps
from testbed.interpreter import own_code
from testbed.lab.access import own_command

LAB = "bench"
UP = ("up", "full", "-n", LAB, "--cluster", "none")


def testbed(*arguments: str) -> float:
    """Run the command to its end; seconds. Raises TestbedError if it fails."""
    return testbed_in_steps(*arguments)[0]


def testbed_in_steps(*arguments: str) -> tuple[float, Steps]:
    """The same, with its steps, from the command's own events."""
    begun = time.monotonic()
    said = own_command.run(*arguments, environment={"TESTBED_PROGRESS": "json"}).stderr
    seconds = time.monotonic() - begun
    return seconds, Steps(read_steps(said), seconds)


def life(runs: int) -> list[Figure]:
    """A full light lab from nothing to the first ping, up again, idle, down."""
    samples: dict[str, list[float]] = {"up": [], "again": [], "idle": [], "down": []}
    for _ in range(runs):
        begun = time.monotonic()
        testbed(*UP)
        _first_ping()
        samples["up"].append(time.monotonic() - begun)
        samples["again"].append(testbed(*UP))
        samples["idle"].append(idle_load(lab_dir(LAB).living()))
        samples["down"].append(testbed("down", "-n", LAB))
    return [
        Figure("full light lab: nothing → first pod-to-pod ping", tuple(samples["up"]), "s", "≤ 6"),
        Figure("second up (no-op)", tuple(samples["again"]), "s", "≤ 1"),
        Figure("full light lab: idle, of one core", tuple(samples["idle"]), "%", "≤ 5"),
        Figure("down", tuple(samples["down"]), "s", "≤ 2"),
    ]


def _first_ping() -> None:
    pid = lab_dir(LAB).init_pid()
    inside = ["nsenter", "-t", str(pid), "-a", "--"]
    script = (
        "import json; pod = json.load(open('/run/testbed/pods/pod-worker2.json')); "
        "print(pod['ipv4'].split('/')[0])"
    )
    address = subprocess.run(
        [*inside, *own_code(script)], capture_output=True, text=True, check=True
    ).stdout.strip()
    ping = ["nsenter", "--net=/run/netns/pod-pod-worker1", "ping", "-c1", "-W5", address]
    subprocess.run([*inside, *ping], check=True, capture_output=True)


def backbone(runs: int, paper_runs: int) -> list[Figure]:
    """Nothing → verified converged, both timer profiles, interleaved."""
    samples: dict[str, list[float]] = {"fast": [], "paper": []}
    for turn in range(max(runs, paper_runs)):
        for profile, limit in (("fast", runs), ("paper", paper_runs)):
            if turn < limit:
                samples[profile].append(testbed("up", "backbone", "-n", LAB, "--profile", profile))
                testbed("down", "-n", LAB)
    fast = Figure("backbone, profile fast: nothing → verified", tuple(samples["fast"]), "s", "≤ 3")
    paper = Figure("backbone, profile paper: nothing → verified", tuple(samples["paper"]))
    return [fast, paper]


def help_text(runs: int) -> Figure:
    """`testbed --help`."""
    return Figure("--help", tuple(testbed("--help") for _ in range(runs)), "s", "≤ 0.3")


def grid(runs: int) -> list[Figure]:
    """100 routers: time and memory."""
    import psutil

    times, memory = [], []
    for _ in range(runs):
        before = psutil.virtual_memory().available
        arguments = ("--set", "rows=10", "--set", "columns=10")
        times.append(testbed("up", "grid", *arguments, "-n", LAB))
        memory.append((before - psutil.virtual_memory().available) / (1 << 30))
        testbed("down", "-n", LAB)
    return [
        Figure("grid of 100 routers: nothing → verified", tuple(times), "s", "≤ 25"),
        Figure("grid of 100 routers: memory", tuple(memory), "GiB", "≤ 2"),
    ]
