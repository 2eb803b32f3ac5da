"""What the record of a run of scenarios has: its options, its inputs, each scenario's outcome."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from testbed import __version__
from testbed.errors import TestbedError
from testbed.host.machine import machine
from testbed.records.credentials import without_credentials
from testbed.records.inputs import (
    GIVEN_POLICY,
    POLICIES,
    SCENARIOS,
    TOPOLOGIES,
    keep_files,
    named_files,
    with_imported,
)
from testbed.records.record import Outcome, RunRecord
from testbed.records.recorder import now, own_variables
from testbed.records.source import Source
from testbed.scenario.run.registry import Scenario
from testbed.scenario.run.result import CheckResult, ScenarioResult
from testbed.scenario.run.runner import Options
from testbed.topology.load import find


def new_record(
    name: str, command: Sequence[str], options: Options, source: Source, replays: str = ""
) -> RunRecord:
    """The record of a run that begins now; `replays` is the run that it repeats."""
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
        replays=replays,
    )


def keep_inputs(scenarios: Iterable[Scenario], options: Options, directory: Path) -> None:
    """Copies of the files that the run reads; of a topology that is not there, none.

    Raises OSError.
    """
    for scenario in scenarios:
        keep_files({scenario.file}, directory, SCENARIOS)
        keep_files(named_files(scenario.file, options.policies), directory, POLICIES)
        with suppress(TestbedError):
            topology = find(options.topology or scenario.topology)
            keep_files(with_imported(topology), directory, TOPOLOGIES)
    if options.policy is not None:
        keep_files({options.policy}, directory, GIVEN_POLICY)


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
