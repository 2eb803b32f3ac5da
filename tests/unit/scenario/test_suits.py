"""A scenario asks for a plan, and a lab that has another one is refused before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.plan.model import Plan
from testbed.plan.resolve import resolve
from testbed.scenario.run import registry
from testbed.scenario.run.registry import Scenario
from testbed.scenario.run.suits import unsuited_ones
from testbed.topology.load import load_plan


def lab(topology: str = "full", **params: str) -> Plan:
    return resolve(load_plan(topology, "fast", params), "none")


def scenario(*nodes: str, topology: str = "full", **params: str) -> Scenario:
    return Scenario("mine", Path("mine.py"), "It shows.", (), topology, params, (), nodes)


def said(one: Scenario, there: Plan, topology: str | None = None) -> tuple[str, str] | None:
    found = unsuited_ones([one], "ring", there, topology)
    if not found:
        return None
    error = found["mine"]
    assert (error.where, error.exit_code) == ("lab ring", 2)
    return error.what, str(error.why)


def test_the_same_topology_and_parameters_suit() -> None:
    assert said(scenario(), lab()) is None
    assert said(scenario(joins_later="worker2"), lab(joins_later="worker2")) is None


@pytest.mark.parametrize(
    ("wanted", "there", "what", "why"),
    [
        (
            scenario(joins_later="worker2"),
            lab(),
            "mine needs full with joins_later=worker2",
            "it differs: worker2.cluster.joins_later: True → False",
        ),
        (
            scenario(),
            lab(joins_later="worker2"),
            "mine needs full",
            "it differs: worker2.cluster.joins_later: False → True",
        ),
        (scenario(), lab("basic"), "mine needs full", "it differs: topology: full → basic; "),
        (scenario(topology="backbone"), lab(), "mine needs backbone", "it differs: topology: "),
        (
            scenario("left", "worker1"),
            lab(),
            "mine needs the cluster nodes left and worker1",
            "it has no cluster node left",
        ),
    ],
)
def test_another_plan_is_refused(wanted: Scenario, there: Plan, what: str, why: str) -> None:
    found = said(wanted, there)
    assert found is not None
    assert found[0] == what
    assert found[1].startswith(why)
    assert "{" not in found[1], "fields are named, not dumped"


def test_the_profile_and_the_kind_of_nodes_are_the_labs_own() -> None:
    paper = resolve(load_plan("full", "paper"), "kubernetes")
    assert said(scenario(), paper) is None


def test_what_asks_for_nodes_runs_wherever_they_are() -> None:
    assert said(scenario("worker1", "worker2"), lab("basic")) is None
    assert said(scenario("worker1", "worker2"), lab("basic"), topology="basic") is None


def test_the_users_own_topology_takes_the_place_of_the_scenarios() -> None:
    assert said(scenario(), lab("basic"), topology="basic") is None
    found = said(scenario(), lab(), topology="basic")
    assert found is not None and found[0] == "mine needs basic"


def test_smoke_runs_in_every_lab_with_two_workers() -> None:
    assert unsuited_ones([registry.find("smoke")], "ring", lab("basic"), None) == {}
    assert list(unsuited_ones([registry.find("node-join")], "ring", lab(), None)) == ["node-join"]
