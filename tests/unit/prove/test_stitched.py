"""A policy that enters others by their binding SIDs is proved header by header."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from testbed.agent.contract import INSTALLED, NodeStatus, PolicyStatus, SegmentListStatus
from testbed.plan.model import Plan
from testbed.prove.draw import as_data, drawing
from testbed.prove.expectation import via
from testbed.prove.path import Trace, trace
from testbed.prove.stitched import Installed, installed, stitched
from testbed.prove.verdict import Verdict, verdict
from tests.shipped_plans import shipped_plan
from tests.unit.prove.walks import Walker

DT4, DT6 = (IPv6Address(f"fcdd::12aa:d460:b250:45:b0{n}") for n in (4, 5))
MASTER_DT6 = IPv6Address("fcdd::aa:34b8:247c:36da:db45")
ENTRY, OTHER = IPv6Address("fcdd:0:0:aa::b000"), IPv6Address("fcdd:0:0:aa::b001")
R6, R7 = IPv6Address("fcff:6::1"), IPv6Address("fcff:7::1")
PODS = {"pod-a": "worker1", "pod-b": "worker2"}
BOUND: Installed = {ENTRY: ((R7, DT6),)}
TO_MASTER = ("worker1", "r3", "master")


def plan() -> Plan:
    return shipped_plan("full")


def begun(*sids: IPv6Address) -> Walker:
    """Encapsulated at worker1, and on its way to master."""
    walker = Walker(plan()).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    return walker.encapsulate("fd11::1000", *sids).cross(*TO_MASTER)


def entered(*sids: IPv6Address) -> Walker:
    """In master's policy as well."""
    return begun(ENTRY, DT4).advance().encapsulate("fd10::1000", *sids)


def ended(walker: Walker) -> Trace:
    """All headers taken off at worker2, and delivered."""
    while walker.now.encapsulated:
        walker.decapsulate()
    walker.attach(("worker2", "cali2"), ("pod-b", "eth0"))
    return trace(plan(), walker.seen, "pod-a", "pod-b", PODS)


def by_r7() -> Trace:
    walker = entered(R7, DT6).cross("master", "r3", "r2", "r7").advance()
    return ended(walker.cross("r7", "r8", "worker2"))


def judged(one: Trace, bound: Installed = BOUND, entry: IPv6Address = ENTRY) -> Verdict:
    return verdict(plan(), [one], stitched(via(plan(), [str(entry)], "worker2"), bound))


def test_both_headers_are_followed() -> None:
    one = by_r7()
    assert one.delivered and one.nodes[-2:] == ("worker2", "pod-b")
    found = judged(one)
    assert found.sentences == (
        f"all 1 probes: segments {ENTRY}, a SID of fcdd:0:0:12aa::/64; "
        f"behind {ENTRY} segments {R7}, {DT6}",
    )
    assert found.passed


def test_the_policy_that_is_entered_has_to_be_the_installed_one() -> None:
    found = judged(by_r7(), {ENTRY: ((R6, DT6),)})
    assert found.sentences[1] == f"1 of 1 probes: master sends it over segments {R7}, {DT6}"
    assert judged(by_r7(), {ENTRY: ((R6, DT6), (R7, DT6))}).passed  # one of its lists


def test_a_further_header_that_nobody_expects_fails() -> None:
    assert "a further outer header by master" in judged(by_r7(), {}).sentences[1]


def test_a_binding_sid_without_a_further_header_fails() -> None:
    walker = begun(ENTRY, DT4).advance().cross("master", "r3", "r4", "r6", "r8", "worker2")
    found = judged(ended(walker))
    assert "a further outer header by nobody, expected by 1" in found.sentences[1]


def test_a_waypoint_of_the_entered_policy_has_to_be_visited() -> None:
    walker = entered(R7, DT6).cross("master", "r3", "r4", "r6").advance()
    found = judged(ended(walker.cross("r6", "r8", "worker2")))
    assert "r7 never processed segment fcff:7::1 (segments left 1)" in found.sentences[1]


def test_two_policies_in_turn_of_which_the_second_starts_where_the_first_ends() -> None:
    """worker1 sends it to master, which takes it out and at once puts it into its own policy."""
    first = IPv6Address("fcdd:0:0:11aa::b000")
    walker = Walker(plan()).attach(("pod-b", "eth0"), ("worker2", "cali2"))
    walker.encapsulate("fd12::1000", first, ENTRY, IPv6Address("fcdd::11aa:c11:b42f:f17e:a682"))
    walker.cross("worker2", "r8", "r6", "r4", "r3", "worker1").advance()
    walker.encapsulate("fd11::1000", MASTER_DT6).cross(*TO_MASTER).decapsulate().advance()
    walker.encapsulate("fd10::1000", R7, IPv6Address("fcdd::11aa:c11:b42f:f17e:a683"))
    walker.cross("master", "r3", "r2", "r7").advance().cross("r7", "r2", "r3", "worker1")
    walker.decapsulate().decapsulate().attach(("worker1", "cali1"), ("pod-a", "eth0"))
    one = trace(plan(), walker.seen, "pod-b", "pod-a", PODS)
    assert one.delivered
    bound: Installed = {
        first: ((MASTER_DT6,),),
        ENTRY: ((R7, IPv6Address("fcdd::11aa:c11:b42f:f17e:a683")),),
    }
    wanted = stitched(via(plan(), [str(first), str(ENTRY)], "worker1"), bound)
    assert verdict(plan(), [one], wanted).sentences == (f"all 1 probes: {wanted}",)
    swapped = {first: bound[ENTRY], ENTRY: bound[first]}
    wrong = stitched(via(plan(), [str(first), str(ENTRY)], "worker1"), swapped)
    assert not verdict(plan(), [one], wrong).passed


def test_the_drawing_shows_the_second_header_where_it_is_put_on() -> None:
    lines = drawing(plan(), [by_r7()]).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  master"))
    assert lines[at].split(maxsplit=1)[1] == "□ encapsulates; ◆ waypoint: segments left 1 → 0"
    assert lines[at + 1].strip() == f"│    segment {R7} (r7)"
    crossing = as_data([by_r7()])[0]["hops"][4]["out"]
    assert crossing is not None
    assert [header["dst"] for header in crossing["between"]] == [str(DT4)]


@pytest.mark.parametrize(("state", "known"), [(INSTALLED, 1), ("not installed: why", 0), ("", 0)])
def test_only_installed_binding_sids_are_expected_to_work(state: str, known: int) -> None:
    listed = (SegmentListStatus(1, (str(R7), str(DT6))),)
    policy = replace(
        PolicyStatus.none("fd12::1000"),
        binding_sid=str(ENTRY), binding_sid_state=state, segment_lists=listed,
    )  # fmt: skip
    assert len(installed([NodeStatus("master", policies=(policy,))])) == known


def test_what_leads_back_to_itself_is_not_followed_for_ever() -> None:
    circle: Installed = {ENTRY: ((OTHER, DT6),), OTHER: ((ENTRY, DT6),)}
    assert str(stitched(via(plan(), [str(ENTRY)], "worker2"), circle)).count("behind") == 2
