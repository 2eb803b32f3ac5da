"""What status says of policies in use that lead nowhere."""

from ipaddress import IPv6Address

import pytest

from testbed.agent.contract import PolicyStatus, SegmentListStatus
from testbed.lab.black_holes import black_holes
from testbed.te.owners import Owners
from tests.paper_plan import paper_plan

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
