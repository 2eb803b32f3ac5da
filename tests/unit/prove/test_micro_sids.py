"""A path over micro SIDs is proved by the destination, which gets shorter at each waypoint."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

import pytest

from testbed import usid
from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.prove.draw import drawing
from testbed.prove.expectation import BestEffort, LostAt, UsesSegments, over, via
from testbed.prove.loss import Loss
from testbed.prove.path import Trace, trace
from testbed.prove.verdict import Verdict, verdict
from tests.shipped_plans import shipped_plan
from tests.unit.prove.walks import Walker

PODS = {"pod-a": "worker1", "pod-b": "worker2"}
CONTAINER = IPv6Address("5f00:20:70:60:e034::")  # r2, r7, r6, worker2
WAY = (("worker1", "r3", "r2"), ("r2", "r7"), ("r7", "r6"), ("r6", "r8", "worker2"))


def plan() -> Plan:
    return shipped_plan("full", encoding="usid")


def shifted(walker: Walker) -> Walker:
    """What a waypoint does: its micro SID goes, the others move up."""
    assert isinstance(walker.now.outer_dst, IPv6Address)
    (rest,) = usid.compressed(usid.parts(walker.now.outer_dst)[1:])
    walker.now = replace(walker.now, outer_dst=rest)
    return walker


def sent(*addresses: IPv6Address) -> Walker:
    walker = Walker(plan()).attach(("pod-a", "eth0"), ("worker1", "cali1"))
    return walker.encapsulate("fd11::1000", *addresses)


def arrived(walker: Walker) -> Trace:
    walker.decapsulate().attach(("worker2", "cali2"), ("pod-b", "eth0"))
    return trace(plan(), walker.seen, "pod-a", "pod-b", PODS)


def along(*way: tuple[str, ...], first: IPv6Address = CONTAINER) -> Trace:
    walker = sent(first)
    for nodes in way[:-1]:
        shifted(walker.cross(*nodes))
    return arrived(walker.cross(*way[-1]))


def judged(one: Trace, *names: str) -> Verdict:
    return verdict(plan(), [one], via(plan(), names, "worker2"))


def test_each_waypoint_takes_its_own_out() -> None:
    one = along(*WAY)
    assert judged(one, "r2", "r7", "r6").passed
    assert judged(one, str(CONTAINER)).passed
    assert judged(one, "5f00:20::", "r7", "r6").passed
    assert verdict(plan(), [one], over([CONTAINER])).passed
    assert not judged(one, "r2", "r7").passed
    assert not judged(one, "r2", "r7", "r6", "r8").passed
    assert [hop.node for hop in one.hops if hop.ends_segment] == ["r2", "r7", "r6"]


def test_a_way_past_a_waypoint_fails() -> None:
    """r7 is crossed, but the packet leaves it as it came."""
    walker = shifted(sent(CONTAINER).cross("worker1", "r3", "r2")).cross("r2", "r7", "r6")
    shifted(shifted(walker)).cross("r6", "r8", "worker2")
    found = judged(arrived(walker), "r2", "r7", "r6")
    assert not found.passed
    assert "r7 never processed segment fcff:7::1 (segments left 2)" in found.sentences[1]


def test_the_encoding_is_proved_where_it_is_promised() -> None:
    """The same waypoints in an SRH of single SIDs, which the names alone would allow."""
    full = [IPv6Address(f"fcff:{n}::1") for n in (2, 7, 6)] + [IPv6Address("5f00:e034::")]
    walker = sent(*full)
    for nodes in WAY[:-1]:
        walker.cross(*nodes).advance()
    one = arrived(walker.cross(*WAY[-1]))
    assert judged(one, "r2", "r7", "r6").passed
    found = verdict(plan(), [one], over([CONTAINER]))
    assert not found.passed
    assert "in 5f00:20:70:60:e034::, no SRH" in found.sentences[0]


def test_two_containers_in_an_srh() -> None:
    first, second = IPv6Address("5f00:20:70::"), IPv6Address("5f00:60:e034::")
    walker = shifted(sent(first, second).cross(*WAY[0])).cross(*WAY[1]).advance()
    one = arrived(shifted(walker.cross(*WAY[2])).cross(*WAY[3]))
    assert judged(one, "r2", "r7", "r6").passed
    assert verdict(plan(), [one], over([first, second])).passed
    assert not verdict(plan(), [one], over([CONTAINER])).passed


def test_the_link_of_an_adjacency_is_proved() -> None:
    container = IPv6Address("5f00:64:e034::")  # r6-r8
    right = along(("worker1", "r3", "r4", "r6"), ("r6", "r8", "worker2"), first=container)
    assert judged(right, "r6-r8").passed
    assert "segment 5f00:64:: (uA r6-r8)" in drawing(plan(), [right])
    wrong = along(("worker1", "r3", "r4", "r6"), ("r6", "r7", "r8", "worker2"), first=container)
    assert "r6 sent it by r6-r7" in judged(wrong, "r6-r8").sentences[1]


def test_best_effort_is_one_segment() -> None:
    sid = IPv6Address("5f00:e034::")
    expected = BestEffort(via(plan(), [str(sid)], "worker2").egress)
    plain = along(("worker1", "r3", "r4", "r6", "r8", "worker2"), first=sid)
    assert verdict(plan(), [plain], expected).passed
    found = verdict(plan(), [along(*WAY)], expected)
    assert "worker1 sends it over segments 5f00:20::, 5f00:70::" in found.sentences[1]


def test_what_was_lost_on_the_way_is_said() -> None:
    walker = shifted(sent(CONTAINER).cross(*WAY[0])).cross(*WAY[1])
    one = trace(plan(), walker.seen, "pod-a", "pod-b", PODS)
    path = via(plan(), ["r2", "r7", "r6"], "worker2")
    assert verdict(plan(), [one], LostAt(path, Loss("r7", "segment not processed"))).passed
    assert not verdict(plan(), [one], LostAt(path, Loss("r7", "not forwarded"))).passed


def test_a_container_with_a_micro_sid_of_nobody_is_refused() -> None:
    with pytest.raises(TestbedError, match="no node owns SID 5f00:99::"):
        via(plan(), ["5f00:20:99:e034::"], "worker2")


def test_single_sids_leave_open_how_they_are_written() -> None:
    assert over([IPv6Address("fcff:2::1"), IPv6Address("5f00:e034::")]).addresses == ()
    assert isinstance(via(plan(), ["r2"], "worker2"), UsesSegments)
