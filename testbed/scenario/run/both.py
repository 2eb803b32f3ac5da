"""Runs scenarios on both kinds of nodes, and compares the two runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.labs import lab_dir
from testbed.host.progress import Progress
from testbed.lab.state import recorded_plan
from testbed.scenario.run.parity import Row, compare, data_of
from testbed.scenario.run.registry import Scenario
from testbed.scenario.run.result import ScenarioResult
from testbed.scenario.run.runner import Options, run


@dataclass(frozen=True)
class Both:
    """What is run on namespaces, then on virtual machines."""

    scenarios: Sequence[Scenario]
    evidence: Path  # a directory that is there; each kind of nodes gets one in it
    machines: str | None = None  # a lab of virtual machines that is up, for those that it suits


def run_both(both: Both, progress: Progress) -> list[Row]:
    """Run them twice; write parity.json into the evidence.

    Raises TestbedError if the lab that is up has no virtual machines.
    """
    suited = _find_suited(both.scenarios, both.machines) if both.machines else []

    def results(
        kind: str, scenarios: Sequence[Scenario], lab: str | None = None
    ) -> list[ScenarioResult]:
        options = Options(lab, both.evidence / kind, cluster="kubernetes", nodes=kind)
        return run(list(scenarios), options, progress)

    here = results("namespace", both.scenarios)
    there = results("vagrant", suited, both.machines)
    there += results("vagrant", [s for s in both.scenarios if s not in suited])
    rows = compare(here, there)
    (both.evidence / "parity.json").write_text(json.dumps(data_of(rows), indent=1) + "\n")
    return rows


def _find_suited(scenarios: Sequence[Scenario], lab: str) -> list[Scenario]:
    """Those that ask for just what this lab is. Raises TestbedError if it has no machines."""
    plan = recorded_plan(lab_dir(lab))
    if plan is None or not plan.provider_traits.own_kernel:
        raise TestbedError(
            f"lab {lab!r} has no virtual machines",
            fix=f"`{lab_dir(lab).up_command} --nodes vagrant --recreate`; or leave --machines out",
        )
    return [s for s in scenarios if s.topology == plan.topology and not s.params]
