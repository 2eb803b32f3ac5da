"""Explanations, expectations and names, on the paper's topology."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv6Address
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.plan.mtu import overhead, pod_mtu, tunnel_mtu_for
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.model import Behavior, Candidate, Segment, SegmentList
from testbed.te.explain import explain, explain_all, explain_text
from testbed.te.lint.policies import lint_policies
from testbed.te.load import load_policy_file
from testbed.te.resolve import node_names, resolver
from tests.shipped_plans import shipped_plan

POLICIES = Path(__file__).resolve().parents[3] / "scenarios" / "policies"
WORKER2 = IPv6Address("fd12::1000")
DT4 = "fcdd::12aa:d460:b250:45:b04"


def candidate(*sids: str, weight: int = 1) -> Candidate:
    segments = [Segment(IPv6Address(sid)) for sid in sids[:-1]]
    segments.append(Segment(IPv6Address(sids[-1]), Behavior.END_DT4))
    return Candidate(WORKER2, (SegmentList(tuple(segments), weight),))


def test_every_sid_is_explained_with_both_equal_cost_branches(full: Plan) -> None:
    text = explain_text(explain(full, candidate("fcff:8::1", DT4), "worker1"))
    assert text == (
        "worker1 → worker2 (fd12::1000), IPv4, preference 100\n"
        "  SRH with 2 segments, 80 bytes outside, pod MTU 1284 ok\n"
        "  1. fcff:8::1  r8  End, loopback  reachable\n"
        "       worker1 → r3 → r2 → r7 → r8\n"
        "       worker1 → r3 → r4 → r6 → r8\n"
        "  2. fcdd::12aa:d460:b250:45:b04  worker2  End.DT4, fcdd:0:0:12aa::/64  reachable\n"
        "       r8 → worker2"
    )


def test_what_cannot_work_is_said_not_raised(full: Plan) -> None:
    e = explain(full, candidate("fcff:9::1", "fcdd:0:0:12aa::9", DT4, "fe00::1"), "worker1")
    (item,) = e.segment_lists
    assert [s.reachable for s in item.segments] == [False, False, False, False]
    assert [s.why for s in item.segments] == [
        "nobody has it",
        "in worker2's pool, but nobody has it",
        "no path from the segment before",
        "nobody has it",
    ]
    assert not item.fits
    assert "more than the 3 allowed" in explain_text(e)
    json.dumps(e.to_dict())


def test_a_service_sid_as_waypoint_ends_the_tunnel(full: Plan) -> None:
    (item,) = explain(full, candidate(DT4, DT4), "worker1").segment_lists
    assert item.segments[0].why == "ends the tunnel here, although segments are left"


def test_shares_follow_the_weights(full: Plan) -> None:
    lists = candidate(DT4, weight=3).segment_lists + candidate("fcff:6::1", DT4).segment_lists
    e = explain(full, Candidate(WORKER2, lists), "worker1")
    assert [item.share for item in e.segment_lists] == [0.75, 0.25]
    assert "75% of the traffic" in explain_text(e)


def test_a_node_that_joins_later_is_not_reachable_yet(full: Plan) -> None:
    data = full.model_dump()
    for node in data["nodes"]:
        if node["name"] == "worker2":
            node["cluster"]["joins_later"] = True
    plan = Plan.model_validate(data)
    (item,) = explain(plan, candidate(DT4), "worker1").segment_lists
    assert item.segments[0].why == "worker2 joins later"


def test_explained_at_every_head_end_but_the_endpoint(full: Plan) -> None:
    (change,), _ = load_policy_file(full, POLICIES / "worker2-via-r6-r8.yaml")
    assert change.candidate is not None
    assert [e.head_end for e in explain_all(full, change.candidate)] == ["master", "worker1"]


def test_names_and_addresses_after_expect(full: Plan) -> None:
    assert node_names(full, "r6, fcff:8::1,") == ("r6", "r8")
    with pytest.raises(TestbedError, match=r"--expect: unknown node wroker1\n  fix: did you mean"):
        node_names(full, "wroker1")


def test_resolver_knows_loopbacks_addresses_and_sids(full: Plan) -> None:
    resolve = resolver(full)
    assert str(resolve("r6", None)) == "fcff:6::1"
    assert str(resolve("worker2", None)) == "fd12::1000"
    assert str(resolve("worker2", 4)) == DT4
    assert resolve("r6", 4) is None
    with pytest.raises(TestbedError, match="did you mean worker2"):
        resolve("woker2", None)


def test_encapsulation_costs() -> None:
    assert [overhead(n) for n in (1, 2, 3)] == [40, 80, 96]
    assert pod_mtu(1380, 3) == 1284
    assert pod_mtu(1380, 1) == 1380 - 70, "VXLAN takes more than one segment does"
    assert tunnel_mtu_for(4) == 1392


def test_a_list_that_loses_its_packets_is_explained(full: Plan) -> None:
    def why(head_end: str, *sids: str) -> list[str | None]:
        (item,) = explain(full, candidate(*sids), head_end).segment_lists
        return [s.why for s in item.segments]

    own = "the head end itself, where packets would be lost"
    assert why("worker1", "fd11::1000", "fcff:6::1", DT4) == [own, None, None]
    assert why("master", "fd11::1000", "fcff:6::1", DT4) == [None, None, None]
    assert why("worker1", "fcff:6::1", "fd11::1000", DT4) == [None, None, None]
    assert why("worker1", "fcff:6::1", "fcff:8::1")[-1] == (
        "no End.DT4 or End.DT6 SID, so that the tunnel has no end"
    )


def test_an_adjacency_is_explained_with_the_link_it_leads_over(full: Plan) -> None:
    text = explain_text(explain(full, candidate("5f00:0:4:e002::", DT4), "worker1"))
    assert text.splitlines()[2:] == [
        "  1. 5f00:0:4:e002::  r4-r5  End.X, 5f00:0:4::/48  reachable",
        "       worker1 → r3 → r4 → r5",
        "  2. fcdd::12aa:d460:b250:45:b04  worker2  End.DT4, fcdd:0:0:12aa::/64  reachable",
        "       r5 → r6 → r8 → worker2",
    ]


def test_an_interface_between_routers_names_its_adjacency(full: Plan) -> None:
    assert str(resolver(full)("r4-r5", None)) == "5f00:0:4:e002::"
    assert node_names(full, "r4-r5, 5f00:0:5:e001::, r6") == (
        "5f00:0:4:e002::",
        "5f00:0:5:e001::",
        "r6",
    )
    with pytest.raises(TestbedError, match="no node called 'r3-worker1' is known"):
        resolver(full)("r3-worker1", None)


ENTRY = IPv6Address("fcdd:0:0:aa::b000")
DT6 = "fcdd::12aa:d460:b250:45:b05"


def at_master(*waypoints: str) -> Candidate:
    """A policy of master's that is entered by its binding SID."""
    segments = [Segment(IPv6Address(sid)) for sid in waypoints]
    segments.append(Segment(IPv6Address(DT6), Behavior.END_DT6))
    lists = (SegmentList(tuple(segments)),)
    return Candidate(WORKER2, lists, binding_sid=ENTRY, head_ends=("master",))


def test_the_policy_behind_a_binding_sid_is_explained_below_it() -> None:
    plan = shipped_plan("full", segments="7")
    stitched = candidate(str(ENTRY), DT4)
    explained = explain(plan, stitched, "worker1", policies=[at_master("fcff:6::1"), stitched])
    assert explain_text(explained) == (
        "worker1 → worker2 (fd12::1000), IPv4, preference 100\n"
        "  SRH with 2 segments, 160 bytes outside, pod MTU 1284 ok\n"
        "  1. fcdd:0:0:aa::b000  master  End.B6.Encaps, fcdd:0:0:aa::/64  reachable\n"
        "       worker1 → r3 → master\n"
        "     enters: SRH with 2 segments, 80 bytes outside, pod MTU 1284 ok\n"
        "       1. fcff:6::1  r6  End, loopback  reachable\n"
        "            master → r3 → r4 → r6\n"
        "       2. fcdd::12aa:d460:b250:45:b05  worker2  End.DT6, fcdd:0:0:12aa::/64  reachable\n"
        "            r6 → r8 → worker2\n"
        "  2. fcdd::12aa:d460:b250:45:b04  worker2  End.DT4, fcdd:0:0:12aa::/64  reachable\n"
        "       worker2"
    )
    json.dumps(explained.to_dict())


def test_further_headers_are_counted() -> None:
    stitched = candidate(str(ENTRY), DT4)
    for segments, fits in ((7, True), (6, False)):
        plan = shipped_plan("full", segments=str(segments))
        (item,) = explain(
            plan, stitched, "worker1", policies=[at_master("fcff:6::1")]
        ).segment_lists
        assert (item.overhead, item.fits) == (160, fits)
    assert "no room for them above pod MTU 1284" in explain_text(
        explain(plan, stitched, "worker1", policies=[at_master("fcff:6::1")])
    )
    # a single segment has an SRH there: End.B6.Encaps has no reduced form
    (item,) = explain(plan, stitched, "worker1", policies=[at_master()]).segment_lists
    assert (item.overhead, item.fits) == (80 + 64, True)
    assert [one.encapsulation for one in item.segments[0].enters] == ["SRH with 1 segment"]


def test_a_binding_sid_is_no_last_segment(full: Plan) -> None:
    lists = (SegmentList((Segment(ENTRY, Behavior.END_DT6),)),)
    (item,) = explain(
        full, Candidate(WORKER2, lists), "worker1", policies=[at_master()]
    ).segment_lists
    assert item.segments[0].why == "a binding SID, behind which no segment would be left"


def test_a_circle_is_explained_once(full: Plan) -> None:
    policy = at_master(str(ENTRY))
    (item,) = explain(full, policy, "master", policies=[policy]).segment_lists
    assert item.segments[0].enters[0].segments[0].enters == ()


def test_where_routers_unpack_repairs_is_known_and_no_waypoint() -> None:
    plan, d006 = shipped_plan("full", repair="link"), "5f00:0:6:d006::"
    assert plan.owner(IPv6Address(d006)) == plan.owner(IPv6Address("5f00:0:6:d004::")) == "r6"
    policy = replace(candidate(d006, DT4), color=1)
    (item,) = explain(plan, policy, "worker1").segment_lists
    first = item.segments[0]
    assert (first.node, first.behaviour) == ("r6", "End.DT6 (local repair)")
    assert first.pool == "5f00:0:6::/48"
    assert first.why == "ends the tunnel here, although segments are left"
    change = PolicyChange(policy.key, policy, "f.yaml", Lines(1, 1), "x")
    assert [(f.what, f.fix) for f in lint_policies(plan, [change])] == [
        (
            f"waypoint {d006} is r6's End.DT6 (local repair) SID, which ends the tunnel",
            "use its loopback fcff:6::1",
        )
    ]
    assert shipped_plan("full").owner(IPv6Address(d006)) is None  # without repair nobody has it


def test_a_binding_sid_may_be_expected() -> None:
    plan = shipped_plan("full")
    assert node_names(plan, f"r4,{ENTRY}", policies=[at_master()]) == ("r4", str(ENTRY))
    with pytest.raises(TestbedError, match="unknown node"):
        node_names(plan, str(ENTRY))
