"""What status says of policies in use that lead nowhere."""

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from testbed.agent.contract import NodeStatus, PolicyStatus, SegmentListStatus
from testbed.lab.black_holes import black_holes
from testbed.lab.bound_policies import bound_policies
from testbed.plan.model import Plan
from testbed.te.owners import Owners
from tests.paper_plan import paper_plan
from tests.shipped_plans import shipped_plan

OWNERS = Owners(paper_plan())
LAST = "fcdd::12aa:d460:b250:45:b04"


def policy(*waypoints: str, chosen: bool = True) -> PolicyStatus:
    return PolicyStatus(
        endpoint="fd12::1000",
        family=4,
        source="configmap",
        color=0,
        distinguisher=1,
        preference=100,
        priority=100,
        originator="fd11::1000",
        binding_sid=None,
        segment_lists=(SegmentListStatus(1, (*waypoints, LAST)),),
        valid=True,
        chosen=chosen,
        why="",
        binding_sid_state="",
    )


@pytest.mark.parametrize(
    ("waypoint", "said"),
    [
        ("fcff:88::1", "no node has the waypoint fcff:88::1; did you mean fcff:8::1 (r8)?"),
        ("fd00:0:11::2", "its waypoint fd00:0:11::2 is on h11, which does not forward"),
    ],
)
def test_a_chosen_policy_into_nothing_is_named(waypoint: str, said: str) -> None:
    start = "worker1: the configmap policy to fd12::1000 for IPv4 loses every packet: "
    assert list(black_holes(OWNERS, "worker1", [policy("fcff:6::1", waypoint)])) == [start + said]


def test_a_policy_that_forwards_or_is_not_in_use_is_not() -> None:
    found = [policy("fcff:6::1", "fcff:8::1"), policy("fcff:88::1", chosen=False), policy()]
    assert list(black_holes(OWNERS, "worker1", found)) == []
    assert OWNERS.get(IPv6Address("fcff:88::1")) is None


ENTRY = "fcdd:0:0:aa::b000"


def entry(*waypoints: str, state: str = "installed") -> list[NodeStatus]:
    """master, which has a policy that is entered by its binding SID."""
    last = "fcdd::12aa:d460:b250:45:b05"
    listed = (SegmentListStatus(1, (*waypoints, last)),)
    found = replace(policy(), family=6, binding_sid=ENTRY, binding_sid_state=state)
    return [NodeStatus("master", policies=(replace(found, segment_lists=listed),))]


def said(statuses: list[NodeStatus], plan: Plan | None = None) -> list[str]:
    owners = Owners(plan or shipped_plan("full", segments="7"), policies=bound_policies(statuses))
    return list(black_holes(owners, "worker1", [policy(ENTRY)]))


def test_a_binding_sid_is_a_waypoint_while_it_is_installed() -> None:
    assert said(entry("fcff:6::1")) == []
    [lost] = said(entry("fcff:6::1", state="not installed: why"))
    assert f"loses every packet: no node has the waypoint {ENTRY}" in lost


def test_policies_that_lead_back_and_headers_that_do_not_fit_are_named() -> None:
    [lost] = said(entry(ENTRY))
    assert lost.endswith(f"binding SID {ENTRY} leads back to itself, so that no packet arrives")
    [long] = said(entry("fcff:6::1"), shipped_plan("full"))
    assert long == (
        "worker1: the configmap policy to fd12::1000 for IPv4 loses packets of more than 1220 "
        "bytes: with the policies that it enters they carry 160 bytes outside, and max_segments 3 "
        "leave room for 96"
    )
