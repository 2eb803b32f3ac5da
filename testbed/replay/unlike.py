"""What a replay cannot make as it was: found before it begins."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping

from testbed import __version__
from testbed.errors import TestbedError
from testbed.host.machine import machine
from testbed.json_types import JsonObject
from testbed.lab.repeatable import PLAN, RepeatableLab
from testbed.plan.model import Plan, Profile
from testbed.plan.resolve import resolve
from testbed.records.environment import read_artefacts, read_environment
from testbed.records.record import RunRecord
from testbed.records.recorder import now, own_variables
from testbed.records.source import Source
from testbed.replay.areas import Unlike
from testbed.replay.conditions import OF_MACHINE, compare, lab_conditions, machine_conditions
from testbed.replay.evidence import Evidence
from testbed.replay.recipe import Recipe
from testbed.scenario.run.registry import Scenario
from testbed.topology.load import load_plan


def unlike_here(run: Evidence, source: Source) -> list[Unlike]:
    """What of the run's machine, programs and source is another here; `a` was then, `b` is now."""
    found = compare(machine_conditions(run), machine_conditions(_here(source)))
    return [one for one in found if one["area"] in OF_MACHINE]


def _here(source: Source) -> Evidence:
    variables = own_variables(os.environ)
    return Evidence(
        record=RunRecord(
            run="here",
            started=now(),
            version=__version__,
            commit=source.commit,
            changed=source.changed,
            machine=machine(),
            environment=variables,
        ),
        environment=json.loads(json.dumps(read_environment(variables))),
        artefacts=json.loads(json.dumps(read_artefacts())),
        patch=hashlib.sha256(source.patch).hexdigest() if source.patch else "",
    )


def unlike_plans(run: Evidence, plans: Mapping[str, Plan]) -> list[Unlike]:
    """What of the labs to be made is another than in the run; `plans` by path in the crate."""
    made: dict[str, JsonObject] = {p: plan.model_dump(mode="json") for p, plan in plans.items()}
    there = {path: plan for path, plan in run.plans.items() if path in made}
    return compare(lab_conditions(there), lab_conditions(made))


def plans_of_scenarios(
    recipe: Recipe, run: Evidence, scenarios: Iterable[Scenario]
) -> dict[str, Plan]:
    """The plan of each scenario's lab, by where the run kept it. Raises TestbedError."""
    known: dict[tuple[object, ...], Plan] = {}
    found = {}
    for scenario in scenarios:
        key = (scenario.topology, *sorted(scenario.params.items()))
        for outcome in run.record.outcomes:
            if outcome.name == scenario.name:
                known[key] = known.get(key) or _plan(recipe, scenario)
                found[f"{outcome.directory}/rendered/{PLAN}"] = known[key]
    return found


def _plan(recipe: Recipe, scenario: Scenario) -> Plan:
    profile: Profile = "paper" if recipe.profile == "paper" else "fast"
    plan = load_plan(scenario.topology, profile, dict(scenario.params))
    overlay = recipe.variables.get("TESTBED_OVERLAY", "agent")
    return resolve(plan, recipe.cluster, recipe.nodes, overlay)


def plan_of_lab(recipe: Recipe, lab: RepeatableLab) -> dict[str, Plan]:
    """The plan that the run's lab will have. Raises TestbedError."""
    if not lab.topology:
        raise TestbedError(
            "the topology of the run's lab is not in its crate",
            why="its file had been moved when the run began",
            fix="-n LAB, for a lab of that topology that is up",
        )
    profile: Profile = "paper" if lab.profile == "paper" else "fast"
    plan = load_plan(str(recipe.directory / lab.topology), profile, dict(lab.parameters))
    return {PLAN: resolve(plan, lab.cluster, lab.nodes, lab.overlay, lab.box)}
