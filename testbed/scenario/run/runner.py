"""Runs scenarios: each in a process of its own, on a lab that is made for the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host import children
from testbed.host.labs import lab_dir
from testbed.host.progress import Progress
from testbed.interpreter import own_program
from testbed.lab.access.own_command import testbed
from testbed.lab.state import recorded_plan
from testbed.paths import POLICIES
from testbed.scenario.clients.host_proxy import second_lab_name
from testbed.scenario.run import directories, settings
from testbed.scenario.run.needs import lacking
from testbed.scenario.run.registry import Scenario
from testbed.scenario.run.result import FILE, ScenarioResult, Verdict, read_result, write_result

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
    unsuited: Mapping[str, str] = field(default_factory=dict)  # scenario → why not in `lab`
    policies: Path = POLICIES  # where the files are that scenarios name


@dataclass
class _Labs:
    """The labs made for this run, one per (topology, params), each used by many scenarios."""

    options: Options
    progress: Progress
    up: dict[str, str] = field(default_factory=dict)

    def lab_for(self, scenario: Scenario) -> str:
        if self.options.lab is not None:
            return self.options.lab
        key = self._lab_key(scenario)
        if key not in self.up:
            for other in list(self.up):  # one lab at a time: laptops have little memory
                self.end(other)
            self._bring_up(key, scenario)
        return self.up[key]

    def _lab_key(self, scenario: Scenario) -> str:
        return " ".join([self._topology_of(scenario), *_list_assignments(scenario)])

    def _topology_of(self, scenario: Scenario) -> str:
        return self.options.topology or scenario.topology

    def _bring_up(self, key: str, scenario: Scenario) -> None:
        name = f"run-{os.getpid()}-{len(self.up) + 1}"
        command = ["up", self._topology_of(scenario), "-n", name, "--profile", self.options.profile]
        command += ["--cluster", self.options.cluster, "--nodes", self.options.nodes]
        for assignment in _list_assignments(scenario):
            command += ["--set", assignment]
        self.up[key] = name
        try:
            with self.progress.step(f"lab {name}: {_short(key)}"):
                testbed(*command, "--quiet", "--no-pods")
        except TestbedError:
            self.end(key)  # half of it may be up
            raise

    def end(self, key: str) -> None:
        name = self.up.pop(key)
        if self.options.keep:
            self.progress.note(f"kept: lab {name} (testbed down -n {name})")
        else:
            testbed("down", "-n", name, "--quiet")

    def discard(self, scenario: Scenario) -> None:
        """After a failure the next scenario gets a fresh lab."""
        key = self._lab_key(scenario)
        if key in self.up:
            self.end(key)


def _short(key: str) -> str:
    """Of a topology that is a file, the name alone."""
    topology, *assignments = key.split(" ")
    return " ".join([Path(topology).stem, *assignments])


def _list_assignments(scenario: Scenario) -> list[str]:
    return [f"{name}={value}" for name, value in scenario.params.items()]


@contextmanager
def _made_labs(options: Options, progress: Progress) -> Iterator[_Labs]:
    labs = _Labs(options, progress)
    try:
        yield labs
    finally:
        for key in list(labs.up):
            labs.end(key)


def run(
    scenarios: Sequence[Scenario],
    options: Options,
    progress: Progress,
    keep: Callable[[ScenarioResult], None] = lambda _: None,
) -> list[ScenarioResult]:
    """Run them all, `repeat` times; the results in order. Never raises for a failing scenario.

    `keep` gets each result as soon as it is there.
    """
    results: list[ScenarioResult] = []
    # Scenarios that share a lab run one after the other.
    ordered = sorted(scenarios, key=lambda s: (s.topology, sorted(s.params.items())))
    with _made_labs(options, progress) as labs:
        for names in directories.names([s.name for s in ordered], options.repeat):
            for scenario, name in zip(ordered, names, strict=True):
                directory = options.evidence / name
                directory.mkdir(parents=True, exist_ok=True)
                result = _run_one(scenario, labs, directory)
                _print_result(progress, result)
                if result.failure is not None:
                    labs.discard(scenario)
                results.append(result)
                keep(result)
    return results


def _run_one(scenario: Scenario, labs: _Labs, directory: Path) -> ScenarioResult:
    begun = time.monotonic()
    reason = lacking(scenario.needs, _has_kubernetes(labs.options))
    reason = reason or labs.options.unsuited.get(scenario.name)
    if reason is not None:
        return _without_checks(scenario, directory, "not applicable", reason=reason)
    try:
        lab = labs.lab_for(scenario)
    except TestbedError as error:
        return _write_failure(scenario, directory, f"no lab for it: {error}", begun)
    return _execute_scenario(scenario, lab, labs.options, directory, begun)


def _execute_scenario(
    scenario: Scenario, lab: str, options: Options, directory: Path, begun: float
) -> ScenarioResult:
    """The result that the scenario's own process left, or why there is none."""
    file = directory / FILE
    file.unlink(missing_ok=True)  # of an earlier run in the same directory
    with (directory / "output.txt").open("w") as output:
        try:
            command = _build_command(scenario, lab, options, directory)
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=TIME_LIMIT,
                env={**os.environ, **children.of_this_process()},
            )
        except subprocess.TimeoutExpired:
            return _write_failure(scenario, directory, f"no end after {TIME_LIMIT:g} s", begun)
        finally:
            _remove_second_lab(lab)
    if not file.exists():
        words = (directory / "output.txt").read_text(errors="replace").strip()[-1500:]
        return _write_failure(scenario, directory, words or "it left no result", begun)
    try:
        return read_result(file).model_copy(update={"evidence": str(directory)})
    except TestbedError as error:
        return _write_failure(scenario, directory, str(error), begun)


def _build_command(scenario: Scenario, lab: str, options: Options, directory: Path) -> list[str]:
    command = own_program("testbed.scenario.run.execute_main", "--lab", lab)
    command += ["--scenario", str(scenario.file), "--evidence", str(directory.resolve())]
    command += ["--topology", options.topology or scenario.topology]
    command += ["--policies", str(options.policies.resolve())]
    if options.policy:
        command += ["--policy", str(options.policy.resolve())]
    own = settings.parse_settings(scenario.settings, options.settings)
    return [*command, "--settings", json.dumps(own)]


def _remove_second_lab(lab: str) -> None:
    """The one that a scenario left behind when it was killed."""
    second = second_lab_name(lab)
    if lab_dir(second).exists():
        testbed("down", "-n", second, "--quiet")


def _has_kubernetes(options: Options) -> bool:
    """Will the pods be Kubernetes'? A lab that does not exist is reported later."""
    if options.lab is None:
        return options.cluster == "kubernetes"
    plan = recorded_plan(lab_dir(options.lab))
    return plan is None or plan.orchestrator_traits.containers


def _write_failure(scenario: Scenario, directory: Path, why: str, begun: float) -> ScenarioResult:
    seconds = round(time.monotonic() - begun, 3)
    return _without_checks(scenario, directory, "error", failure=why, seconds=seconds)


def _without_checks(
    scenario: Scenario,
    directory: Path,
    verdict: Verdict,
    failure: str | None = None,
    reason: str | None = None,
    seconds: float = 0.0,
) -> ScenarioResult:
    """The result of a scenario that did not get as far as to leave one; it is written, too."""
    result = ScenarioResult(
        scenario=scenario.name,
        sentence=scenario.sentence,
        claims=scenario.claims,
        seconds=seconds,
        verdict=verdict,
        failure=failure,
        reason=reason,
        evidence=str(directory),
    )
    write_result(directory, result)
    return result


def _print_result(progress: Progress, result: ScenarioResult) -> None:
    if result.verdict == "not applicable":
        print(f"– {result.scenario}: not applicable", file=sys.stderr, flush=True)
        progress.note(result.reason or "")
        return
    mark = "✓" if result.verdict == "pass" else "✗"
    count = len(result.checks)
    checks = f"{count} check" + ("" if count == 1 else "s")
    print(
        f"{mark} {result.scenario}: {checks} ({result.seconds:.1f} s)", file=sys.stderr, flush=True
    )
    if result.verdict != "pass":
        progress.note("\n  ".join(str(result.failure).splitlines()))
        progress.note(f"evidence: {result.evidence}")
