"""A path over End.X SIDs is proved only if the packet left by that very link."""

from __future__ import annotations

from ipaddress import IPv6Address

from testbed.plan.model import Plan
from testbed.prove.draw import drawing
from testbed.prove.expectation import via
from testbed.prove.path import Trace, trace
from testbed.prove.verdict import Verdict, verdict
from tests.shipped_plans import shipped_plan
from tests.unit.prove.walks import Walker

EGRESS = IPv6Address("fcdd::12aa:d460:b250:45:b04")
R4_R5, R5_R4 = IPv6Address("5f00:0:4:e002::"), IPv6Address("5f00:0:5:e001::")
PODS = {"pod-a": "worker1", "pod-b": "worker2"}


def plan() -> Plan:
    return shipped_plan("full")


def begun(*sids: IPv6Address) -> Walker:
    walker = Walker(plan()).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    return walker.encapsulate("fd11::1000", *sids, EGRESS).cross("worker1", "r3", "r4").advance()


def traced(walker: Walker, *rest: str) -> Trace:
    walker.cross(*rest).decapsulate().attach(("worker2", "cali2"), ("pod-b", "eth0"))
    return trace(plan(), walker.seen, "pod-a", "pod-b", PODS)


def judged(one: Trace, *names: str) -> Verdict:
    return verdict(plan(), [one], via(plan(), names, "worker2"))


def test_it_leaves_by_the_link_of_its_sid() -> None:
    one = traced(begun(R4_R5), "r4", "r5", "r6", "r8", "worker2")
    assert judged(one, "r4-r5").passed
    assert judged(one, str(R4_R5)).passed
    assert not judged(one, "r4").passed
    assert "segment 5f00:0:4:e002:: (End.X r4-r5)" in drawing(plan(), [one])


def test_it_fails_by_another_link() -> None:
    one = traced(begun(R4_R5), "r4", "r6", "r8", "worker2")
    found = judged(one, "r4-r5")
    assert not found.passed
    assert (
        found.sentences[1] == "1 of 1 probes: r4 sent it by r4-r6, segment 5f00:0:4:e002:: by r4-r5"
    )


def test_two_adjacencies_of_one_router_are_two_visits() -> None:
    """Over r4-r5 and back, then over r4-r5 again: the packet is seen at r4 twice."""
    walker = begun(R4_R5, R5_R4, R4_R5).cross("r4", "r5").advance().cross("r5", "r4").advance()
    one = traced(walker, "r4", "r5", "r6", "r8", "worker2")
    assert judged(one, "r4-r5", "r5-r4", "r4-r5").passed
    assert not judged(one, "r4-r5", "r4-r5").passed


def test_consecutive_sids_of_one_router_are_split_behind_an_adjacency() -> None:
    four = IPv6Address("fcff:4::1")
    walker = begun(four, R4_R5).advance()
    one = traced(walker, "r4", "r5", "r6", "r8", "worker2")
    assert judged(one, "r4", "r4-r5").passed
    walker = begun(R4_R5, four).cross("r4", "r5").cross("r5", "r4").advance()
    assert judged(traced(walker, "r4", "r6", "r8", "worker2"), "r4-r5", "r4").passed
