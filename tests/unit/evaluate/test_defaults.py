"""What is measured where nothing is chosen, and how long it is said to take."""

from __future__ import annotations

import pytest

from testbed.evaluate.cases import BY_ID
from testbed.evaluate.defaults import (
    FULL,
    QUICK,
    default_cases,
    estimate,
    extent_of,
    in_words,
    with_control,
)
from testbed.evaluate.selector import select

SRV6 = BY_ID["pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream"]
VXLAN = BY_ID["pod-to-pod.udp.ipv4.across.vxlan.1stream"]
SEGMENTS = 3


@pytest.mark.parametrize(("extent", "minutes"), [(QUICK, 5), (FULL, 45)])
def test_the_defaults_fit_their_time(extent: object, minutes: int) -> None:
    found = QUICK if extent is QUICK else FULL
    cases = with_control(default_cases(found, SEGMENTS))
    seconds = estimate(cases, found)
    assert seconds <= 60 * minutes
    assert found.limit is not None
    assert found.limit < 60 * minutes
    assert seconds > 30 * minutes  # more could be measured


@pytest.mark.parametrize("extent", [QUICK, FULL])
def test_the_defaults_have_every_overlay_both_protocols_and_the_references(extent: object) -> None:
    cases = default_cases(QUICK if extent is QUICK else FULL, SEGMENTS)
    assert {c.overlay for c in cases} == {"srv6", "vxlan", "ipip", "routed", "none", "veth"}
    assert {c.protocol for c in cases} == {"tcp", "udp"}
    assert {c.traffic for c in cases} == {"pod-to-pod", "pod-to-service"}


def test_the_full_set_holds_the_quick_one_and_more() -> None:
    full = default_cases(FULL, SEGMENTS)
    assert set(default_cases(QUICK, SEGMENTS)) < set(full)
    assert {c.family for c in full} == {4, 6}
    assert {c.mtu for c in full} == {"own", "equal"}
    assert {c.segments for c in full} == {0, 1, 2, 3}


def test_a_lab_without_room_for_segments_has_fewer_cases() -> None:
    assert {c.segments for c in default_cases(FULL, 1)} == {0, 1}


def test_every_run_has_a_control() -> None:
    assert with_control([VXLAN, SRV6])[-1].id == f"{SRV6.id}.again"
    assert with_control([VXLAN])[-1].id == f"{VXLAN.id}.again"
    once = with_control([VXLAN])
    assert with_control(once) == once


def test_who_chooses_waits_for_all_but_quick_is_quick() -> None:
    assert extent_of(False, None, None, chosen=False) == FULL
    assert extent_of(False, None, None, chosen=True).limit is None
    assert extent_of(False, 20, None, chosen=False).limit is None
    quick = extent_of(True, 20, 2, chosen=True)
    assert (quick.repeats, quick.seconds, quick.limit) == (20, 2, QUICK.limit)


def test_udp_takes_longer_as_it_searches() -> None:
    tcp, udp = select("overlay=vxlan,streams=1,mtu=own,family=4,traffic=pod-to-pod")
    assert estimate([udp], QUICK) > 1.5 * estimate([tcp], QUICK)


def test_durations_for_people() -> None:
    assert [in_words(s) for s in (30, 89, 100, 2600)] == ["30 s", "89 s", "2 min", "43 min"]
