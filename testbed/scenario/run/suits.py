"""Does a lab that is up have what a scenario needs of its plan?"""

from __future__ import annotations

from collections.abc import Iterable

from testbed.errors import TestbedError
from testbed.lab.state import differences
from testbed.plan.model import Plan
from testbed.plan.resolve import resolve
from testbed.scenario.run.registry import Scenario
from testbed.topology.load import load_plan

_SHOWN = 3  # differences that are named
_LONG = 100  # letters of one


def title(topology: str, scenario: Scenario) -> str:
    """A topology and its parameters in words: full with joins_later=worker2."""
    given = " ".join(f"{name}={value}" for name, value in scenario.params.items())
    return f"{topology} with {given}" if given else topology


def unsuited(scenario: Scenario, lab: Plan, wanted: Plan | None) -> str:
    """Why a lab's plan is not what the scenario needs, in words; empty if it is.

    `wanted`: the plan that it needs; None if it asks for some nodes alone.
    """
    if wanted is None:
        there = {node.name for node in lab.cluster}
        lacking = [name for name in scenario.nodes if name not in there]
        return f"it has no cluster node {' and '.join(lacking)}" if lacking else ""
    found = [
        text if len(text) <= _LONG else f"{text[:_LONG]}…" for text in differences(wanted, lab)
    ]
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"it differs: {'; '.join(found[:_SHOWN])}{more}" if found else ""


def unsuited_ones(
    scenarios: Iterable[Scenario], name: str, lab: Plan, topology: str | None
) -> dict[str, TestbedError]:
    """Scenario → error, for those that lab `name` does not suit.

    `topology`: what the user says the lab is, in place of what the scenario says.
    """
    found = {}
    for scenario in scenarios:
        asked = topology or scenario.topology
        by_nodes = bool(scenario.nodes) and topology is None
        wanted = None if by_nodes else _wanted_plan(scenario, asked, lab)
        why = unsuited(scenario, lab, wanted)
        if why:
            needs = _nodes(scenario) if by_nodes else title(asked, scenario)
            found[scenario.name] = TestbedError(
                f"{scenario.name} needs {needs}",
                where=f"lab {name}",
                why=why,
                fix=f"leave -n {name} (and TESTBED_NAME) away: the run makes a lab of its own",
            )
    return found


def _wanted_plan(scenario: Scenario, topology: str, lab: Plan) -> Plan:
    """What the scenario asks for, on nodes like the lab's."""
    plan = load_plan(topology, lab.profile, dict(scenario.params))
    return resolve(plan, lab.orchestrator, lab.backend, lab.overlay, lab.box)


def _nodes(scenario: Scenario) -> str:
    return f"the cluster nodes {' and '.join(scenario.nodes)}"
