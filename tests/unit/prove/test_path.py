"""Traces and verdicts on the paper's backbone, from shuffled observations without times."""

from __future__ import annotations

import random
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.agent.desired.overlays.vxlan import VNI
from testbed.errors import TestbedError
from testbed.prove.expectation import (
    BestEffort,
    Direct,
    Expectation,
    NotRouted,
    OneOf,
    Plain,
    Routed,
    Tunnelled,
    not_routed_by_design,
    via,
)
from testbed.prove.path import Trace, trace, traces
from testbed.prove.verdict import Verdict, verdict
from tests.paper_plan import paper_plan
from tests.shipped_plans import shipped_plan
from tests.unit.prove.walks import Walker

PLAN = paper_plan()
PODS = {"pod-a": "worker1", "pod-b": "worker2"}
R3, R4, R6, R8 = (IPv6Address(f"fcff:{n}::1") for n in (3, 4, 6, 8))
EGRESS = IPv6Address("fcdd::12aa:d460:b250:45:b04")
BACK = IPv6Address("fcdd::11aa:c11:b42f:f17e:a682")
UPPER = ("worker1", "r3", "r2", "r7", "r8", "worker2")
LOWER = ("worker1", "r3", "r4", "r6", "r8", "worker2")


def walk(tag: bytes = b"tag-of-16-bytes.") -> Walker:
    return Walker(PLAN, tag).attach(("pod-a", "eth0"), ("worker1", "cali1"))


def arrive(walker: Walker, decapsulated: bool = False) -> Walker:
    if not decapsulated:
        walker.decapsulate()
    return walker.attach(("worker2", "cali2"), ("pod-b", "eth0"))


def best_effort(way: tuple[str, ...] = UPPER) -> Walker:
    return arrive(walk().encapsulate("fd11::1000", EGRESS).cross(*way))


def steered() -> Walker:
    walker = walk().encapsulate("fd11::1000", R6, R8, EGRESS)
    walker.cross("worker1", "r3", "r4", "r6").advance().cross("r6", "r8")
    return arrive(walker.advance().cross("r8", "worker2"))


def traced(walker: Walker, seed: int = 1) -> Trace:
    shuffled = list(walker.seen)
    random.Random(seed).shuffle(shuffled)
    return trace(PLAN, shuffled, "pod-a", "pod-b", PODS)


def judged(walker: Walker, expectation: Expectation) -> Verdict:
    return verdict(PLAN, [traced(walker)], expectation)


@given(st.integers(0, 10_000))
def test_order_does_not_depend_on_when_things_were_seen(seed: int) -> None:
    found = traced(steered(), seed)
    assert found.nodes == ("pod-a", *LOWER, "pod-b")
    assert found.delivered
    assert found.head_end is not None and found.head_end.node == "worker1"
    assert found.tail_end is not None and found.tail_end.node == "worker2"


@given(st.integers(0, 10_000))
def test_the_same_link_twice_in_both_directions(seed: int) -> None:
    """As worker2's paths over r4 and r3 may: there and back over r3-r4."""
    walker = walk().encapsulate("fd11::1000", R4, R3, R6, EGRESS)
    walker.cross("worker1", "r3", "r4").advance().cross("r4", "r3").advance()
    walker.cross("r3", "r4", "r6").advance().cross("r6", "r8", "worker2")
    found = traced(arrive(walker), seed)
    way = ("pod-a", "worker1", "r3", "r4", "r3", "r4", "r6", "r8", "worker2", "pod-b")
    assert found.nodes == way
    assert verdict(PLAN, [found], via(PLAN, ["r4", "r3", "r6"], "worker2")).passed


def paired() -> Walker:
    """Nodes whose packets enter and leave SRv6 behind a pair of interfaces."""
    walker = walk().inside("worker1", "srv6", "srv6-tun").encapsulate("fd11::1000", R6, EGRESS)
    walker.cross("worker1", "r3", "r4", "r6").advance().cross("r6", "r8", "worker2")
    return arrive(walker.decapsulate().inside("worker2", "srv6-tun", "srv6"), decapsulated=True)


@given(st.integers(0, 10_000))
def test_a_pair_inside_a_node_is_no_hop(seed: int) -> None:
    found = traced(paired(), seed)
    assert found.nodes == ("pod-a", *LOWER, "pod-b") and found.delivered
    assert verdict(PLAN, [found], via(PLAN, ["r6"], "worker2")).passed
    crossed = [o.interface for hop in found.hops for o in (hop.arrived, hop.left) if o]
    assert not [name for name in crossed if name.startswith("srv6")]


def test_what_a_pair_swallows_is_lost_in_its_node() -> None:
    expectation = via(PLAN, ["r6"], "worker2")
    at_head = walk().inside("worker1", "srv6", "srv6-tun")
    assert "lost in worker1, where it arrived" in judged(at_head, expectation).sentences[1]
    at_tail = paired()
    at_tail.seen = at_tail.seen[:-2]  # without the pod's interface
    assert "lost in worker2, where it arrived" in judged(at_tail, expectation).sentences[1]


def test_best_effort_over_either_branch() -> None:
    for way in (UPPER, LOWER):
        assert judged(best_effort(way), BestEffort(IPv6Network(EGRESS))).passed
        assert judged(best_effort(way), BestEffort(IPv6Network("fcdd:0:0:12aa::/64"))).passed


BY_VXLAN = Tunnelled("vxlan", IPv6Address("fd12::1000"))
BY_IPIP = Tunnelled("ipip", IPv4Address("192.168.12.254"))
VXLAN = ("fd11::1000", "fd12::1000", 4096)
IPIP = ("192.168.11.254", "192.168.12.254")


def tunnelled(*tunnel: Any) -> Walker:
    return arrive(walk().tunnel(*tunnel).cross(*UPPER))


def test_legacy_overlays_lead_straight_to_the_other_node() -> None:
    assert judged(tunnelled(*VXLAN), BY_VXLAN).passed
    assert judged(tunnelled(*IPIP), BY_IPIP).passed


@pytest.mark.parametrize(
    ("walker", "expectation", "words"),
    [
        (tunnelled("fd11::1000", "fd12::1000", 7), BY_VXLAN, "another encapsulation than VXLAN"),
        (tunnelled("fd11::1000", "fd12::1000"), BY_VXLAN, "another encapsulation than VXLAN"),
        (tunnelled("fd11::1000", "fd10::1000", 4096), BY_VXLAN, "instead of fd12::1000"),
        (tunnelled(*VXLAN), BY_IPIP, "instead of 192.168.12.254"),
        (best_effort(), BY_VXLAN, "instead of fd12::1000"),
        (tunnelled(*VXLAN), BestEffort(IPv6Network(EGRESS)), "instead of"),
        (arrive(walk().cross(*UPPER), decapsulated=True), BY_VXLAN, "not encapsulated"),
    ],
)
def test_nothing_else_is_taken_for_a_legacy_overlay(
    walker: Walker, expectation: Expectation, words: str
) -> None:
    found = judged(walker, expectation)
    assert not found.passed and words in found.sentences[1]


def test_crossing_the_waypoints_without_an_srh_proves_nothing() -> None:
    found = judged(best_effort(LOWER), via(PLAN, ["r6", "r8"], "worker2"))
    assert not found.passed
    assert "no SRH behind worker1" in found.sentences[1]


def test_segments_in_travel_order_pass_and_any_other_list_fails() -> None:
    assert judged(steered(), via(PLAN, ["r6", "r8"], "worker2")).passed
    assert judged(steered(), via(PLAN, [R6, "r8", EGRESS], "worker2")).passed
    for wrong in (["r8", "r6"], ["r6"], ["r8"], ["r6", "r8", "r8"], ["r2", "r8"]):
        found = judged(steered(), via(PLAN, wrong, "worker2"))
        assert not found.passed
        assert "worker1 sends it over segments fcff:6::1" in found.sentences[1]


def test_another_egress_sid_fails() -> None:
    other = IPv6Network("fcdd::12aa:d460:b250:45:b05")
    assert not judged(best_effort(), BestEffort(other)).passed
    assert not judged(steered(), BestEffort(IPv6Network(EGRESS))).passed


def test_consecutive_segments_of_one_node_are_one_visit() -> None:
    """r6 has both its loopback and this interface: it takes the second segment by itself."""
    own = next(p.v6 for x in PLAN.links_of("r6") for p in (x.a, x.b) if p.interface == "r6-r8")
    assert own is not None
    walker = walk().encapsulate("fd11::1000", R6, own.ip, EGRESS)
    walker.cross("worker1", "r3", "r4", "r6").advance().advance().cross("r6", "r8", "worker2")
    assert judged(arrive(walker), via(PLAN, [R6, own.ip], "worker2")).passed
    late = walk().encapsulate("fd11::1000", R6, own.ip, EGRESS)
    late.cross("worker1", "r3", "r4", "r6").advance().cross("r6", "r8").advance()
    found = judged(arrive(late.cross("r8", "worker2")), via(PLAN, [R6, own.ip], "worker2"))
    assert any("r6 never processed segment fcff:6::1" in s for s in found.sentences)


def test_a_waypoint_that_never_advanced_the_header_fails() -> None:
    """The list is right at the head end, but r6 is passed by and r8 sees two segments left."""
    walker = walk().encapsulate("fd11::1000", R6, R8, EGRESS)
    walker.cross("worker1", "r3", "r2", "r7", "r8").advance().advance().cross("r8", "worker2")
    found = judged(arrive(walker), via(PLAN, ["r6", "r8"], "worker2"))
    assert not found.passed
    assert any("r6 never processed segment fcff:6::1" in s for s in found.sentences)


R6_TO_R8 = IPv6Address("fcf0:0:6:8::1")  # r6's interface
WORKER2 = IPv6Address("fd12::1000")


def twice_at_r6(*more: IPv6Address) -> Walker:
    """r6 has two segments in a row, and processes both before the packet leaves."""
    walker = walk().encapsulate("fd11::1000", R6, R6_TO_R8, *more, EGRESS)
    return walker.cross("worker1", "r3", "r4", "r6").advance().advance()


def ending_at_worker2() -> Walker:
    """Two segments of the endpoint in a row, then its egress SID."""
    walker = walk().encapsulate("fd11::1000", R6, WORKER2, WORKER2, EGRESS)
    return walker.cross("worker1", "r3", "r4", "r6").advance().cross("r6", "r8", "worker2")


def test_consecutive_segments_of_a_node_are_one_visit() -> None:
    walker = arrive(twice_at_r6().cross("r6", "r8", "worker2"))
    assert judged(walker, via(PLAN, ["r6", R6_TO_R8], "worker2")).passed
    walker = twice_at_r6(R8).cross("r6", "r8").advance().cross("r8", "worker2")
    assert judged(arrive(walker), via(PLAN, ["r6", R6_TO_R8, "r8"], "worker2")).passed


def test_segments_of_the_endpoint_are_visited_where_the_packet_is_taken_out() -> None:
    assert judged(
        arrive(ending_at_worker2()), via(PLAN, ["r6", WORKER2, WORKER2], "worker2")
    ).passed


def test_a_visit_that_skips_one_of_its_segments_fails() -> None:
    """r6 sends the packet on for its own second segment, which r8 then advances."""
    walker = walk().encapsulate("fd11::1000", R6, R6_TO_R8, EGRESS)
    walker.cross("worker1", "r3", "r4", "r6").advance().cross("r6", "r8").advance()
    found = judged(arrive(walker.cross("r8", "worker2")), via(PLAN, ["r6", R6_TO_R8], "worker2"))
    assert not found.passed
    assert f"r6 never processed segment {R6}, {R6_TO_R8} (segments left 2)" in found.sentences[1]


def test_taken_out_too_early_fails() -> None:
    """At worker2, though a segment of r8 was left, or with one more than it should have."""
    early = walk().encapsulate("fd11::1000", WORKER2, R8, EGRESS)
    early.cross("worker1", "r3", "r4", "r6", "r8", "worker2")
    assert not judged(arrive(early), via(PLAN, [WORKER2, "r8"], "worker2")).passed
    other = via(PLAN, ["r6", WORKER2, WORKER2], "worker2")
    walker = walk().encapsulate("fd11::1000", R6, WORKER2, WORKER2, EGRESS)
    walker.cross("worker1", "r3", "r4", "r6").advance().advance()
    assert not judged(arrive(walker.cross("r6", "r8", "worker2")), other).passed


def test_decapsulation_by_a_stranger_fails() -> None:
    walker = walk().encapsulate("fd11::1000", BACK).cross(*UPPER)
    found = judged(arrive(walker), BestEffort(IPv6Network(BACK)))
    assert any("which does not own" in s for s in found.sentences)


def test_losses_are_located() -> None:
    lost_in = walk().encapsulate("fd11::1000", R6, EGRESS).cross("worker1", "r3", "r4", "r6")
    expectation = via(PLAN, ["r6"], "worker2")
    assert "lost in r6, where it arrived for fcff:6::1" in judged(lost_in, expectation).sentences[1]
    assert traced(lost_in).tail_end is None  # what r6 dropped it did not decapsulate
    on_link = walk().encapsulate("fd11::1000", EGRESS).cross("worker1", "r3", "r2")
    on_link.seen = [o for o in on_link.seen if o.interface != "r2-r3"]
    assert "lost on r3-r2, behind r3" in judged(on_link, expectation).sentences[1]
    nothing = traces(PLAN, [], "pod-a", "pod-b", PODS, sent=[b"x" * 16])
    assert "never left pod-a" in verdict(PLAN, nothing, expectation).sentences[1]


def test_a_missing_probe_fails_the_others() -> None:
    seen = best_effort().seen
    found = traces(PLAN, seen, "pod-a", "pod-b", PODS, sent=[seen[0].tag, b"x" * 16])
    sentences = verdict(PLAN, found, BestEffort(IPv6Network(EGRESS))).sentences
    assert sentences[1].startswith("1 of 2 probes: never left")


def test_plain_between_hosts() -> None:
    walker = Walker(PLAN).cross("h11", "r1", "r2", "r7", "r8", "h81")
    found = trace(PLAN, walker.seen, "h11", "h81")
    assert found.delivered and len(found.hops) == 6
    assert verdict(PLAN, [found], Plain()).passed
    assert not verdict(PLAN, [found], BestEffort(IPv6Network(EGRESS))).passed
    assert not judged(best_effort(), Plain()).passed


def test_routed_is_native_and_by_routers() -> None:
    native = arrive(walk().cross(*UPPER), decapsulated=True)
    assert judged(native, Routed()).passed and judged(native, Plain()).passed
    wrong = judged(best_effort(), Routed())
    assert wrong.sentences[1] == "1 of 1 probes: encapsulated at worker1"


def test_what_a_lan_bridges_is_direct_and_what_a_router_forwards_is_not() -> None:
    plan = shipped_plan("rack")
    pods = {"pod-a": "master", "pod-b": "worker1"}

    def found(forwarded: bool) -> Trace:
        walker = Walker(plan).attach(("pod-a", "eth0"), ("master", "cali1"))
        walker.cross("master", "r1")
        if not forwarded:
            walker.now = replace(walker.now, hop_limit=walker.now.hop_limit + 1)
        walker.cross("r1", "worker1").attach(("worker1", "cali2"), ("pod-b", "eth0"))
        return trace(plan, walker.seen, "pod-a", "pod-b", pods)

    bridged = found(forwarded=False)
    assert bridged.nodes == ("pod-a", "master", "r1", "worker1", "pod-b")
    assert verdict(plan, [bridged], Direct()).passed and verdict(plan, [bridged], Plain()).passed
    assert verdict(plan, [bridged], Routed()).sentences[1] == "1 of 1 probes: crosses no router"
    assert verdict(plan, [found(True)], Direct()).sentences[1] == "1 of 1 probes: routed by r1"
    assert verdict(plan, [found(True)], Routed()).passed


def test_an_encapsulated_packet_crosses_a_lan_unchanged() -> None:
    plan = shipped_plan("rack")
    pods = {"pod-a": "master", "pod-b": "worker1"}
    walker = Walker(plan).attach(("pod-a", "eth0"), ("master", "cali1"))
    walker.tunnel("fd10::1000", "fd10::1001", vni=VNI).cross("master", "r1")
    walker.now = replace(walker.now, hop_limit=walker.now.hop_limit + 1)
    walker.cross("r1", "worker1").decapsulate()
    walker.attach(("worker1", "cali2"), ("pod-b", "eth0"))
    found = trace(plan, walker.seen, "pod-a", "pod-b", pods)
    assert found.delivered and found.nodes == ("pod-a", "master", "r1", "worker1", "pod-b")
    wanted = Tunnelled("vxlan", IPv6Address("fd10::1001"))
    assert verdict(plan, [found], wanted).passed


def test_pods_of_one_node() -> None:
    walker = Walker(PLAN).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    walker.attach(("worker1", "cali3"), ("pod-c", "eth0"))
    found = trace(PLAN, walker.seen, "pod-a", "pod-c", {"pod-a": "worker1", "pod-c": "worker1"})
    assert found.nodes == ("pod-a", "worker1", "pod-c") and found.delivered
    assert verdict(PLAN, [found], Routed()).sentences[1] == "1 of 1 probes: crosses no router"


def test_one_of_several_lists() -> None:
    either = OneOf((via(PLAN, ["r6", "r8"], "worker2"), BestEffort(IPv6Network(EGRESS))))
    assert judged(steered(), either).passed and judged(best_effort(), either).passed
    neither = OneOf((via(PLAN, ["r4"], "worker2"), Plain()))
    assert not judged(steered(), neither).passed


def test_no_probe_no_pass() -> None:
    for expectation in (Plain(), BestEffort(IPv6Network(EGRESS)), OneOf((Plain(),))):
        assert not verdict(PLAN, [], expectation).passed
    silent = verdict(PLAN, [], NotRouted("why"))
    assert silent.passed and "no probe was sent" in silent.sentences[1]
    assert not verdict(PLAN, [traced(best_effort())], NotRouted("why")).passed


@pytest.mark.parametrize(
    ("src", "dst", "nat", "barred"),
    [
        ("h11", "pod-a", False, True),
        ("pod-a", "h11", False, True),
        ("pod-a", "h11", True, False),
        ("h11", "pod-a", True, True),
        ("r1", "pod-a", False, True),
        ("pod-a", "pod-b", False, False),
        ("master", "pod-a", False, False),
        ("h11", "h81", False, False),
    ],
)
def test_not_routed_by_design(src: str, dst: str, nat: bool, barred: bool) -> None:
    assert (not_routed_by_design(PLAN, src, dst, PODS, nat) is not None) is barred


@pytest.mark.parametrize("ends", [("pod-a", "pod-b"), ("pod-b", "pod-a"), ("h11", "pod-b")])
def test_a_pod_of_a_routed_pool_is_reached(ends: tuple[str, str]) -> None:
    assert not_routed_by_design(PLAN, *ends, pods={"pod-a"}) is None


@pytest.mark.parametrize(
    ("names", "message"),
    [(["r99"], "r99"), (["h11"], "no End SID"), (["2001:db8::1"], "owns"), (["::x"], "IPv6")],
)
def test_names_that_make_no_expectation(names: list[str], message: str) -> None:
    with pytest.raises(TestbedError, match=message):
        via(PLAN, names, "worker2")


def test_only_cluster_nodes_end_a_segment_list() -> None:
    with pytest.raises(TestbedError, match="h81 is no cluster node"):
        via(PLAN, ["r6"], "h81")
