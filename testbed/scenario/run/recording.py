"""What the record of a run of scenarios has: its options, its inputs, each scenario's outcome."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from testbed import __version__
from testbed.host.machine import machine
from testbed.records.credentials import without_credentials
from testbed.records.record import Outcome, RunRecord
from testbed.records.recorder import now, own_variables
from testbed.records.source import Source
from testbed.scenario.run.registry import Scenario
from testbed.scenario.run.result import CheckResult, ScenarioResult
from testbed.scenario.run.runner import Options

INPUTS = "inputs"


def new_record(name: str, command: Sequence[str], options: Options, source: Source) -> RunRecord:
    """The record of a run that begins now."""
    return RunRecord(
        run=name,
        started=now(),
        command=tuple(map(without_credentials, command)),
        caller=os.environ.get("SUDO_USER") or os.environ.get("USER", ""),
        version=__version__,
        commit=source.commit,
        changed=source.changed,
        machine=machine(),
        options=_describe_options(options),
        environment=own_variables(os.environ),
    )


def keep_inputs(scenarios: Iterable[Scenario], options: Options, directory: Path) -> None:
    """Copies of the files that the run reads. Raises OSError."""
    topology = Path(options.topology) if options.topology else None
    files = {scenario.file for scenario in scenarios}
    files |= {file for file in (options.policy, topology) if file is not None and file.is_file()}
    target = directory / INPUTS
    target.mkdir(exist_ok=True)
    for file in sorted(files):
        shutil.copyfile(file, target / file.name)


def outcome_of(result: ScenarioResult) -> Outcome:
    """A scenario's result, as the record has it."""
    return Outcome(
        name=result.scenario,
        directory=Path(result.evidence or result.scenario).name,
        verdict=result.verdict,
        claims=result.claims,
        seconds=result.seconds,
        checks=len(result.checks),
        failed=tuple(_describe_check(check) for check in result.checks if not check.passed),
        failure=_without_secrets(result.failure),
        reason=_without_secrets(result.reason),
        ended=now(),
        profile=result.profile,
        topology=result.topology,
        cluster=result.cluster,
        nodes=result.nodes,
    )


def _describe_check(check: CheckResult) -> str:
    return without_credentials(f"{check.sentence}: expected {check.expected}; seen {check.seen}")


def _without_secrets(text: str | None) -> str | None:
    return None if text is None else without_credentials(text)


def _describe_options(options: Options) -> dict[str, str]:
    """Those that say what is run. A lab that was up is what it is, whatever these say of it."""
    of_own_lab = {
        "profile": options.profile,
        "cluster": options.cluster,
        "nodes": options.nodes,
    }
    found = {
        "lab": options.lab,
        "topology": options.topology,
        "policy": str(options.policy) if options.policy else None,
        **(of_own_lab if options.lab is None else {}),
        "repeat": str(options.repeat),
        **{f"with {name}": value for name, value in options.settings.items()},
    }
    return {name: without_credentials(value) for name, value in found.items() if value is not None}
