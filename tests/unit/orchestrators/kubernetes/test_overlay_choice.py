"""Calico-VPP as the overlay of a plan: which plans, what changes in them, when it is there."""

from __future__ import annotations

import pytest

from testbed.errors import TestbedError
from testbed.orchestrators.kubernetes import calico_vpp
from testbed.plan.resolve import resolve
from testbed.plan.traits import OVERLAYS
from testbed.render.calico_vpp import DAEMONSET, files
from tests.unit.orchestrators.kubernetes.cluster_plans import cluster_plan

UPLINK = OVERLAYS["calico-vpp"].uplink or ""


def test_it_names_its_uplink() -> None:
    assert UPLINK


def test_it_needs_machines() -> None:
    with pytest.raises(TestbedError, match="virtual machines") as caught:
        resolve(cluster_plan(), "kubernetes", overlay="calico-vpp")
    assert caught.value.fix is not None and "--nodes vagrant" in caught.value.fix


def test_every_node_has_an_uplink_of_one_name_and_no_router_has() -> None:
    plan = resolve(cluster_plan(), "kubernetes", "vagrant", "calico-vpp")
    ends = [end for link in plan.links for end in (link.a, link.b)]
    named = {end.node for end in ends if end.interface == UPLINK}
    assert named == {node.name for node in plan.cluster}
    assert plan.overlay == "calico-vpp"


def test_our_agent_leaves_the_plan_as_it_is() -> None:
    plan = resolve(cluster_plan(), "kubernetes", "vagrant")
    assert plan.links == cluster_plan().links
    assert plan.overlay == "agent"


def test_pools_come_before_the_operator_and_the_data_plane_last() -> None:
    plan = resolve(cluster_plan(), "kubernetes", "vagrant", "calico-vpp")
    operator = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: operator}\n"
    order = [d["kind"] for d in calico_vpp.in_order(files(plan, UPLINK), operator)]
    assert order.index("IPPool") < order.index("Deployment") < order.index("Installation")
    assert order[-1] == "DaemonSet"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, "ready on 0 of 0 nodes"),
        ({"observedGeneration": 1, "desiredNumberScheduled": 3}, "ready on 0 of 3 nodes"),
        ({"observedGeneration": 1, "desiredNumberScheduled": 3, "numberReady": 3}, "ready on 3"),
        ({"observedGeneration": 2, "desiredNumberScheduled": 3, "numberReady": 3}, ""),
    ],
)
def test_it_is_there_once_every_node_has_it_ready(status: dict[str, int], said: str) -> None:
    daemonset = {"metadata": {"name": DAEMONSET, "generation": 2}, "status": status}
    words = calico_vpp.not_ready(daemonset)
    assert bool(words) == bool(said)
    assert all(said in line for line in words)
