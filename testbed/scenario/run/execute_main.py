"""Runs one scenario in one lab: `python -m testbed.scenario.run.execute_main`, as root.

Its own process: a scenario that hangs, crashes or enters a namespace harms no other. It leaves
result.json and the evidence in its directory.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import CheckFailed, TestbedError
from testbed.host.children import end_with_starter
from testbed.host.labs import lab_dir
from testbed.host.told import tell_programs_if_asked
from testbed.lab.state import enter
from testbed.scenario.api.check import Check, NotApplicable
from testbed.scenario.api.context import Context
from testbed.scenario.api.testbed import Testbed
from testbed.scenario.clients.host_proxy import HostProxy
from testbed.scenario.run import registry
from testbed.scenario.run.evidence import keep_evidence
from testbed.scenario.run.result import ScenarioResult, Verdict, write_result
from testbed.scenario.run.settings import Settings


def main() -> None:
    """Exit code 0 when it passed, 1 when not; result.json says why."""
    end_with_starter(os.environ)
    tell_programs_if_asked()
    options = _parse_arguments()
    scenario = registry.find(options.scenario)
    host_proxy = HostProxy()
    try:
        plan = enter(lab_dir(options.lab))
    except TestbedError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    check, clock = Check(), _Clock()
    names = (options.lab, options.topology)
    files = (options.policy, options.policies)
    context = Context(plan, check, options.evidence, *files, *names, host_proxy)
    outcome = _run_scenario(scenario, Testbed(context), options.settings, clock)
    result = ScenarioResult(
        scenario=scenario.name,
        sentence=scenario.sentence,
        claims=scenario.claims,
        profile=plan.profile,
        topology=plan.topology,
        cluster=plan.kind["cluster"],
        nodes=plan.kind["nodes"],
        seconds=round(clock.seconds, 3),
        checks=tuple(check.done),
        figures=check.figures,
        bounds=check.bounds,
        verdict=outcome.verdict,
        failure=outcome.failure,
        reason=outcome.reason,
        declared=outcome.declared,
    )
    write_result(options.evidence, result)
    sys.stdout.flush()
    os._exit(0 if outcome.failure is None else 1)  # a daemon thread must not hold it up


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lab", required=True)
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--topology", required=True)
    parser.add_argument("--evidence", type=Path, required=True)
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--policies", type=Path, required=True)
    parser.add_argument("--settings", type=json.loads, default={})
    return parser.parse_args()


@dataclass(frozen=True)
class Outcome:
    """The verdict on a scenario and why; see ScenarioResult."""

    verdict: Verdict
    failure: str | None = None
    reason: str | None = None
    declared: str | None = None


class _Clock:
    """How long a scenario took, without what the evidence took."""

    def __init__(self) -> None:
        self._begun, self._paused = time.monotonic(), 0.0

    @contextmanager
    def paused(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self._paused += time.monotonic() - begun

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun - self._paused


def _run_scenario(
    scenario: registry.Scenario, testbed: Testbed, settings: Settings, clock: _Clock
) -> Outcome:
    """The verdict, and what failed. The evidence shows the lab before anything is put back."""
    try:
        with testbed.restored():
            try:
                for need in scenario.needs:
                    if need.of_kernel:
                        testbed.pools.refuse_unable(need.value)
                scenario.function(testbed, testbed.check, **settings)
            finally:
                with clock.paused():
                    keep_evidence(testbed.plan, testbed.evidence)
    except NotApplicable as error:
        return Outcome("not applicable", reason=str(error), declared=error.declared)
    except CheckFailed as error:
        return Outcome("fail", str(error))
    except TestbedError as error:
        return Outcome("error", str(error))
    except Exception as error:
        return Outcome("error", f"{error!r}\n{traceback.format_exc()}")
    if not testbed.check.done:
        return Outcome("error", "the scenario checked nothing")
    return Outcome("pass")


if __name__ == "__main__":
    main()
