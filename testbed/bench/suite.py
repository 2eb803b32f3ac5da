"""Runs all measurements, and writes the report with a description of the machine."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from testbed.bench import commands, kubernetes
from testbed.bench.figures import HEADER, Figure, breakdown, ratio
from testbed.bench.idle import INTERVAL
from testbed.host.machine import machine
from testbed.host.progress import Progress
from testbed.interpreter import own_program

# What is measured of policies in a light lab, and in one with Kubernetes: key, name, target.
LIGHT = (("bgp", "BGP", "p95 ≤ 50"), ("configmap", "ConfigMap", "p95 ≤ 100"))
API = (("configmap", "ConfigMap in the Kubernetes API", "p95 ≤ 200"),)


def run(progress: Progress, quick: bool = False) -> str:
    """The report as Markdown. `quick` takes fewer samples, for a first impression."""
    runs = 2 if quick else 5
    figures: list[Figure] = []
    with progress.step("backbone, both profiles"):
        fast, paper = commands.backbone(runs, 1 if quick else 2)
        figures += [fast, paper]
    with progress.step("full lab: up, up again, idle, down"):
        figures += commands.life(runs)
    with progress.step("Kubernetes lab: up, again, pods, idle, warm, down"):
        life, steps = kubernetes.life(runs)
        figures += life
    with progress.step("a worker joins"):
        figures.append(kubernetes.joins(runs))
    figures.append(commands.help_text(runs))
    with progress.step("grid of 100 routers"):
        figures += commands.grid(1 if quick else 2)
    samples = 20 if quick else 200
    with progress.step("policy → data plane"):
        figures += _measure_latency(samples, commands.UP, LIGHT)
    with progress.step("policy → data plane, by the Kubernetes API"):
        figures += _measure_latency(samples, kubernetes.UP, API)
    failures: list[str] = []
    for profile in ("fast",) if quick else ("fast", "paper"):
        with progress.step(f"link cut → traffic back, profile {profile}"):
            failures.append(_measure_link_failure(profile))
    lines = [
        "# Performance",
        "",
        _describe_conditions(),
        "",
        HEADER,
        *(f.row() for f in figures),
        "",
        f"Idle: CPU times of the lab's processes over {INTERVAL:g} s.",
        "",
    ]
    lines += [f"Backbone, paper timers over fast timers: {ratio(paper, fast):.1f}×.", ""]
    lines += ["## Where the time of a start with Kubernetes goes", "", *breakdown(steps), ""]
    lines += ["## After a cut", ""]
    return "\n".join([*lines, *failures]) + "\n"


def _describe_conditions() -> str:
    """When, on what, and how it was measured, in one sentence."""
    day = time.strftime("%Y-%m-%d")
    return f"Measured by `make bench` on {day}: {machine()}. Whole-process times, medians."


def _measure_latency(
    runs: int, up: Sequence[str], wanted: Sequence[tuple[str, str, str]]
) -> list[Figure]:
    commands.testbed(*up)
    try:
        with tempfile.TemporaryDirectory() as directory:
            out = Path(directory) / "latency.json"
            command = own_program("testbed.bench.latency_main")
            command += ["--lab", commands.LAB, "--runs", str(runs), "--out", str(out)]
            subprocess.run(command, check=True)
            samples: dict[str, list[float]] = json.loads(out.read_text())
    finally:
        commands.testbed("down", "-n", commands.LAB)
    return [
        Figure(
            f"policy applied → in the data plane, {name}",
            tuple(1000 * s for s in samples[key]),
            "ms",
            target,
        )
        for key, name, target in wanted
    ]


def _measure_link_failure(profile: str) -> str:
    """The figures of the scenario link-failure, as a sentence."""
    with tempfile.TemporaryDirectory() as directory:
        arguments = ["run", "link-failure", "--profile", profile, "--evidence", directory]
        arguments += ["--cluster", "none"]
        commands.testbed(*arguments)
        # Any: the scenario's result as JSON, of which only figures are read
        result: dict[str, Any] = json.loads(
            (Path(directory) / "link-failure" / "result.json").read_text()
        )
    figures = result["figures"]
    return (
        f"Link cut → traffic back, profile {profile}: median "
        f"{figures['seconds without traffic, median']} s; each: "
        f"{figures['seconds without traffic, each']}.\n"
    )
