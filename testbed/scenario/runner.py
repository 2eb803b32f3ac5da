"""Runs scenarios: each in a process of its own, on a lab that is made for the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError
from testbed.host.labs import lab_dir
from testbed.interpreter import own_program
from testbed.lab.command import testbed
from testbed.lab.progress import Progress
from testbed.lab.state import recorded_plan
from testbed.scenario import settings
from testbed.scenario.needs import lacking
from testbed.scenario.outside import beside
from testbed.scenario.registry import Scenario

TIME_LIMIT = 1800.0  # seconds for one scenario, in machines that are emulated in software


@dataclass(frozen=True)
class Options:
    """How scenarios are to be run."""

    lab: str | None  # an existing lab; None: one of our own
    evidence: Path
    profile: str = "fast"
    topology: str | None = None  # the user's own instead of the scenario's
    policy: Path | None = None
    keep: bool = False
    repeat: int = 1
    cluster: str = "none"  # what runs the pods of a lab of our own
    nodes: str = "namespace"  # what its cluster nodes are
    settings: dict[str, str] = field(default_factory=dict)  # of the scenarios themselves


@dataclass
class _Labs:
    """The labs made for this run, one per (topology, params), each used by many scenarios."""

    options: Options
    progress: Progress
    up: dict[str, str] = field(default_factory=dict)

    def lab_for(self, scenario: Scenario) -> str:
        if self.options.lab is not None:
            return self.options.lab
        topology = self.options.topology or scenario.topology
        sets = [f"{k}={v}" for k, v in scenario.params.items()]
        key = " ".join([topology, *sets])
        if key not in self.up:
            for other in list(self.up):  # one lab at a time: laptops have little memory
                self.end(other)
            name = f"run-{os.getpid()}-{len(self.up) + 1}"
            command = ["up", topology, "-n", name, "--profile", self.options.profile]
            command += ["--cluster", self.options.cluster, "--nodes", self.options.nodes]
            for pair in sets:
                command += ["--set", pair]
            self.up[key] = name
            try:
                with self.progress.step(f"lab {name}: {key}"):
                    testbed(*command, "--quiet", "--no-pods")
            except TestbedError:
                self.end(key)  # half of it may be up
                raise
        return self.up[key]

    def end(self, key: str) -> None:
        name = self.up.pop(key)
        if self.options.keep:
            self.progress.note(f"kept: lab {name} (testbed down -n {name})")
        else:
            testbed("down", "-n", name, "--quiet")

    def spoiled(self, name: str) -> None:
        """After a failure the next scenario gets a fresh lab."""
        for key in [k for k, v in self.up.items() if v == name]:
            self.end(key)


@contextmanager
def _labs(options: Options, progress: Progress) -> Iterator[_Labs]:
    labs = _Labs(options, progress)
    try:
        yield labs
    finally:
        for key in list(labs.up):
            labs.end(key)


def run(
    scenarios: Sequence[Scenario], options: Options, progress: Progress
) -> list[dict[str, Any]]:
    """Run them all, `repeat` times; the results in order. Never raises for a failing scenario."""
    results: list[dict[str, Any]] = []
    # Scenarios that share a lab run one after the other.
    ordered = sorted(scenarios, key=lambda s: (s.topology, sorted(s.params.items())))
    with _labs(options, progress) as labs:
        for round_number in range(1, options.repeat + 1):
            for scenario in ordered:
                suffix = f".{round_number}" if options.repeat > 1 else ""
                directory = options.evidence / f"{scenario.name}{suffix}"
                results.append(_one(scenario, labs, directory, progress))
    return results


def _one(scenario: Scenario, labs: _Labs, directory: Path, progress: Progress) -> dict[str, Any]:
    directory.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    reason = lacking(scenario.needs, _kubernetes(labs.options))
    if reason is not None:
        return _not_applicable(scenario, directory, reason, progress)
    try:
        lab = labs.lab_for(scenario)
    except TestbedError as error:
        labless = _failed(scenario, directory, f"no lab for it: {error}", begun)
        _say(progress, labless)
        return labless
    command = own_program("testbed.scenario.execute", "--lab", lab)
    command += ["--scenario", str(scenario.file), "--evidence", str(directory.resolve())]
    command += ["--topology", labs.options.topology or scenario.topology]
    if labs.options.policy:
        command += ["--policy", str(labs.options.policy.resolve())]
    own = settings.given(scenario.settings, labs.options.settings)
    command += ["--settings", json.dumps(own)]
    with (directory / "output.txt").open("w") as output:
        try:
            subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=TIME_LIMIT
            )
            why = None
        except subprocess.TimeoutExpired:
            why = f"no end after {TIME_LIMIT:g} s"
    second = beside(lab)
    if lab_dir(second).exists():  # of a scenario that was killed
        testbed("down", "-n", second, "--quiet")
    file = directory / "result.json"
    if why is None and file.exists():
        result: dict[str, Any] = json.loads(file.read_text())
        result["evidence"] = str(directory)
    else:
        words = (directory / "output.txt").read_text().strip()[-1500:]
        result = _failed(scenario, directory, why or words or "it left no result", begun)
    _say(progress, result)
    if result["failure"] is not None:
        labs.spoiled(lab)
    return result


def _kubernetes(options: Options) -> bool:
    """Will the pods be Kubernetes'? A lab that is not there is complained of later."""
    if options.lab is None:
        return options.cluster == "kubernetes"
    plan = recorded_plan(lab_dir(options.lab))
    return plan is None or plan.kubernetes


def _not_applicable(
    scenario: Scenario, directory: Path, reason: str, progress: Progress
) -> dict[str, Any]:
    result = _without_checks(scenario, directory)
    result |= {"verdict": "not applicable", "failure": None, "reason": reason}
    _write(directory, result)
    _say(progress, result)
    return result


def _failed(scenario: Scenario, directory: Path, why: str, begun: float) -> dict[str, Any]:
    seconds = round(time.monotonic() - begun, 3)
    result = _without_checks(scenario, directory)
    result |= {"verdict": "error", "failure": why, "seconds": seconds}
    _write(directory, result)
    return result


def _write(directory: Path, result: dict[str, Any]) -> None:
    (directory / "result.json").write_text(json.dumps(result, indent=1))


def _without_checks(scenario: Scenario, directory: Path) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "sentence": scenario.sentence,
        "claims": list(scenario.claims),
        "seconds": 0.0,
        "checks": [],
        "figures": {},
        "evidence": str(directory),
    }


def _say(progress: Progress, result: dict[str, Any]) -> None:
    if result["verdict"] == "not applicable":
        print(f"– {result['scenario']}: not applicable", file=sys.stderr, flush=True)
        progress.note(result["reason"])
        return
    mark = {"pass": "✓", "fail": "✗", "error": "✗"}[result["verdict"]]
    count = len(result["checks"])
    checks = f"{count} check" + ("" if count == 1 else "s")
    print(
        f"{mark} {result['scenario']}: {checks} ({result['seconds']:.1f} s)",
        file=sys.stderr,
        flush=True,
    )
    if result["verdict"] != "pass":
        progress.note("\n  ".join(str(result["failure"]).splitlines()))
        progress.note(f"evidence: {result['evidence']}")
