"""Negative controls: a loss counts only where it was expected, for the cause that was expected."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from testbed.errors import TestbedError
from testbed.prove.expectation import LostAt, UsesSegments, via
from testbed.prove.loss import CAUSES, Cause, Loss, expected_loss, loss_of
from testbed.prove.path import Trace, trace
from testbed.prove.verdict import Verdict, verdict
from tests.paper_plan import paper_plan
from tests.unit.prove.walks import Walker

PLAN = paper_plan()
PODS = {"pod-a": "worker1", "pod-b": "worker2"}
R6, R8 = IPv6Address("fcff:6::1"), IPv6Address("fcff:8::1")
EGRESS = IPv6Address("fcdd::12aa:d460:b250:45:b04")


def steered() -> Walker:
    walker = Walker(PLAN).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    return walker.encapsulate("fd11::1000", R6, R8, EGRESS)


def at_r6() -> Walker:
    """Arrives at r6 for its segment, and is seen no more."""
    return steered().cross("worker1", "r3", "r4", "r6")


def in_transit() -> Walker:
    return steered().cross("worker1", "r3", "r4")


def on_the_link() -> Walker:
    walker = at_r6().advance().cross("r6", "r8")
    walker.seen = walker.seen[:-1]  # r8 never had it
    return walker


def at_r8() -> Walker:
    return at_r6().advance().cross("r6", "r8")


def past_r6() -> Walker:
    """At r8 with two segments advanced, though r6 was never visited."""
    return steered().cross("worker1", "r3", "r2", "r7").advance().cross("r7", "r8")


def other_list() -> Walker:
    walker = Walker(PLAN).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    return walker.encapsulate("fd11::1000", R6, EGRESS).cross("worker1", "r3", "r4", "r6")


def best_effort_lost() -> Walker:
    walker = Walker(PLAN).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    return walker.encapsulate("fd11::1000", EGRESS).cross("worker1", "r3", "r4", "r6")


def unencapsulated() -> Walker:
    return Walker(PLAN).attach(("pod-a", "eth0"), ("worker1", "cali1"))


def arrived() -> Walker:
    walker = at_r6().advance().cross("r6", "r8").advance().cross("r8", "worker2").decapsulate()
    return walker.attach(("worker2", "cali2"), ("pod-b", "eth0"))


def arrived_by_another_way() -> Walker:
    walker = Walker(PLAN).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    walker.encapsulate("fd11::1000", EGRESS).cross("worker1", "r3", "r2", "r7", "r8", "worker2")
    return walker.decapsulate().attach(("worker2", "cali2"), ("pod-b", "eth0"))


def traced(walker: Walker) -> Trace:
    return trace(PLAN, walker.seen, "pod-a", "pod-b", PODS)


def control(node: str, because: str, *walkers: Walker) -> Verdict:
    path = via(PLAN, ["r6", "r8"], "worker2")
    found = [replace(traced(w), tag=bytes([i])) for i, w in enumerate(walkers)]
    return verdict(PLAN, found, LostAt(path, expected_loss(PLAN, node, because)))


@pytest.mark.parametrize(
    ("walker", "node", "because"),
    [
        (at_r6(), "r6", "segment not processed"),
        (in_transit(), "r4", "not forwarded"),
        (on_the_link(), "r6", "lost on the link"),
        (at_r8(), "r8", "segment not processed"),
    ],
)
def test_a_loss_holds_for_its_node_and_its_cause_alone(
    walker: Walker, node: str, because: Cause
) -> None:
    assert loss_of(PLAN, traced(walker)) == Loss(node, because)
    assert control(node, because, walker).passed
    for other in CAUSES:
        if other != because:
            assert not control(node, other, walker).passed
    for other_node in {"r3", "r4", "r6", "r8"} - {node}:
        assert not control(other_node, because, walker).passed


@pytest.mark.parametrize(
    ("walker", "words"),
    [
        (arrived(), "delivered after all"),
        (arrived_by_another_way(), "delivered after all"),
        (arrived_by_another_way(), "no SRH behind worker1"),
        (best_effort_lost(), "no SRH behind worker1"),
        (other_list(), "worker1 sends it over segments fcff:6::1"),
        (unencapsulated(), "not encapsulated"),
        (in_transit(), "lost in r4, where it arrived for fcff:6::1"),
    ],
)
def test_what_else_fails_is_no_control(walker: Walker, words: str) -> None:
    found = control("r6", "segment not processed", walker)
    assert not found.passed and any(words in s for s in found.sentences)
    # one such probe among those that were lost as expected is enough
    assert not control("r6", "segment not processed", at_r6(), walker).passed


def test_waypoints_before_the_loss_must_have_been_visited() -> None:
    found = control("r8", "segment not processed", past_r6())
    assert not found.passed and any("r6 never processed" in s for s in found.sentences)


def test_no_probe_shows_no_loss() -> None:
    path = via(PLAN, ["r6", "r8"], "worker2")
    assert isinstance(path, UsesSegments)
    assert not verdict(PLAN, [], LostAt(path, Loss("r6", "segment not processed"))).passed


def test_nodes_and_causes_that_nobody_knows_are_refused() -> None:
    with pytest.raises(TestbedError, match="no node 'r99'"):
        expected_loss(PLAN, "r99", "not forwarded")
    with pytest.raises(TestbedError, match="no cause 'bad luck'"):
        expected_loss(PLAN, "r6", "bad luck")


def test_a_loss_behind_two_segments_of_one_node() -> None:
    own = IPv6Address("fcf0:0:6:8::1")
    walker = Walker(PLAN).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    walker.encapsulate("fd11::1000", R6, own, R8, EGRESS).cross("worker1", "r3", "r4", "r6")
    path = via(PLAN, ["r6", own, "r8"], "worker2")
    assert isinstance(path, UsesSegments)

    def judged(node: str) -> Verdict:
        found = trace(PLAN, walker.seen, "pod-a", "pod-b", PODS)
        return verdict(PLAN, [found], LostAt(path, Loss(node, "segment not processed")))

    assert judged("r6").passed
    walker.advance().advance().cross("r6", "r8")
    assert judged("r8").passed and not judged("r6").passed
