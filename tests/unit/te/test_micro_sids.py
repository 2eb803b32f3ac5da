"""Policies with containers of micro SIDs are explained and judged part by part."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from testbed.agent.contract import PolicyStatus, SegmentListStatus
from testbed.lab.black_holes import black_holes
from testbed.plan.model import Plan
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.model import Behavior, Candidate, Segment, SegmentList
from testbed.srpolicy.validity import HeadEnd, problems
from testbed.te.explain import explain, explain_text
from testbed.te.lint.policies import lint_policies
from testbed.te.owners import Owners
from testbed.te.resolve import node_names
from tests.shipped_plans import shipped_plan

WORKER2 = IPv6Address("fd12::1000")
ANNOUNCED = {WORKER2: {IPv6Address("5f00:e034::"): 4, IPv6Address("5f00:e036::"): 6}}


@pytest.fixture(scope="module")
def micro() -> Plan:
    return shipped_plan("full", encoding="usid")


def candidate(*sids: str) -> Candidate:
    segments = [Segment(IPv6Address(sid)) for sid in sids]
    segments[-1] = replace(segments[-1], behavior=Behavior.END_DT4)
    return Candidate(WORKER2, (SegmentList(tuple(segments)),), color=7, head_ends=("worker1",))


def found(plan: Plan, *sids: str) -> list[str]:
    one = candidate(*sids)
    change = PolicyChange(one.key, one, "mine.yaml", Lines(1, 1), "mine")
    return [finding.what for finding in lint_policies(plan, [change])]


def test_every_part_is_explained(micro: Plan) -> None:
    text = explain_text(explain(micro, candidate("5f00:70:64:e034::"), "worker1"))
    assert text == (
        "worker1 → worker2 (fd12::1000), IPv4, preference 100\n"
        "  no SRH, 40 bytes outside, pod MTU 1284 ok\n"
        "  5f00:70:64:e034::\n"
        "  1. 5f00:70::  r7  uN, 5f00:70::/28  reachable\n"
        "       worker1 → r3 → r2 → r7\n"
        "  2. 5f00:64::  r6-r8  uA, 5f00:60::/28  reachable\n"
        "       r7 → r6 → r8\n"
        "  3. 5f00:e034::  worker2  End.DT4, 5f00:e030::/28  reachable\n"
        "       r8 → worker2"
    )


def test_a_longer_list_is_explained_container_by_container(micro: Plan) -> None:
    two = explain(micro, candidate("5f00:70:60::", "5f00:80:e034::"), "worker1").segment_lists[0]
    assert (two.encapsulation, two.overhead) == ("SRH with 2 segments", 80)
    assert [s.container for s in two.segments] == ["5f00:70:60::"] * 2 + ["5f00:80:e034::"] * 2


def test_lint_finds_what_is_wrong_in_a_container(micro: Plan) -> None:
    assert found(micro, "5f00:70:60:e034::") == []
    assert found(micro, "5f00:70:99:e034::") == ["no node has the waypoint 5f00:99::"]
    assert "worker2's End.DT4 SID, which ends the tunnel" in found(micro, "5f00:e034:70:e034::")[0]
    assert "the last SID 5f00:e024:: is worker1's" in found(micro, "5f00:70:e024::")[0]
    assert "is the same as the one before it" in found(micro, "5f00:70:70:e034::")[0]
    assert found(micro, *["5f00:70:60::"] * 3, "5f00:e034::")[0].startswith("4 segments, the plan")


def test_a_head_end_looks_at_the_last_part() -> None:
    assert problems(candidate("5f00:70:60:e034::"), ANNOUNCED) == []
    assert problems(candidate("5f00:70:60:e024::"), ANNOUNCED) == [
        "last SID 5f00:e024:: is not one that fd12::1000 announces"
    ]
    assert "decapsulates IPv6 at its endpoint" in problems(candidate("5f00:e036::"), ANNOUNCED)[0]
    me = HeadEnd(IPv6Address("fd11::1000"), frozenset({IPv6Address("5f00:e024::")}))
    assert problems(candidate("5f00:70:e024:e034::"), ANNOUNCED, head_end=me) == [
        "waypoint 5f00:e024:: is a local SID of this node, which ends the tunnel"
    ]


def test_the_lab_says_which_part_loses_packets(micro: Plan) -> None:
    (said,) = black_holes(Owners(micro), "worker1", [chosen("5f00:70:98:e034::")])
    assert "no node has the waypoint 5f00:98::" in said
    assert list(black_holes(Owners(micro), "worker1", [chosen("5f00:70:64:e034::")])) == []


def chosen(container: str) -> PolicyStatus:
    return PolicyStatus(
        endpoint=str(WORKER2),
        family=4,
        source="bgp",
        color=7,
        distinguisher=1,
        preference=100,
        priority=100,
        originator="fd11::1000",
        binding_sid=None,
        binding_sid_state="",
        segment_lists=(SegmentListStatus(1, (container,)),),
        valid=True,
        chosen=True,
        why="",
    )


def test_names_of_adjacencies_stay_those_of_their_full_sids(micro: Plan) -> None:
    assert node_names(micro, "r6-r8,5f00:64::,5f00:70::") == ("5f00:0:6:e004::", "5f00:64::", "r7")
