"""Selection by RFC 9256 §2.9, and validity."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.srpolicy.model import (
    Candidate,
    Originator,
    ProtocolOrigin,
    Segment,
    SegmentList,
    best_effort,
)
from testbed.srpolicy.select import select
from testbed.srpolicy.validity import egress, problems, structure
from tests.unit.srpolicy import srpolicy_strategies as mine

SID4, SID6 = IPv6Address("fcdd::4"), IPv6Address("fcdd::6")
R6 = Segment(IPv6Address("fcff:6::1"))
TO4 = SegmentList((R6, Segment(SID4, 19)))
TO6 = SegmentList((R6, Segment(SID6, 18)))
BASE = Candidate(endpoint=mine.ENDPOINT, segment_lists=(TO4,), color=1, distinguisher=1)


@pytest.mark.parametrize(
    ("winner", "loser", "reason"),
    [
        ({"preference": 101}, {}, "preference 100 is lower than 101"),
        (
            {"protocol_origin": ProtocolOrigin.CONFIGURATION},
            {"distinguisher": 9},
            "protocol origin bgp yields to configuration",
        ),
        (
            {"originator": Originator(1)},
            {"originator": Originator(2)},
            "originator AS2 :: is higher than AS1 ::",
        ),
        (
            {"originator": Originator(1, IPv4Address("10.0.0.1"))},
            {"originator": Originator(1, IPv6Address("fd10::1"))},
            "originator AS1 fd10::1 is higher than AS1 10.0.0.1",
        ),
        ({"distinguisher": 2}, {}, "discriminator 1 is lower than 2"),
        ({}, {"color": 2}, "colour 2 is higher than 1"),
    ],
)
def test_each_step_of_the_tie_break(
    winner: dict[str, object], loser: dict[str, object], reason: str
) -> None:
    # fields by name: no type knows which value belongs to which
    best, other = replace(BASE, **winner), replace(BASE, **loser)  # type: ignore[arg-type]
    for order in ([best, other], [other, best]):
        outcome = select(order)
        assert outcome.chosen == best
        assert [(n.candidate, n.reason, n.valid) for n in outcome.others] == [(other, reason, True)]


def test_priority_is_no_criterion() -> None:
    """Calico-VPP selects by it; here only the preference counts."""
    loud = replace(BASE, preference=50, priority=255)
    assert select([loud, BASE]).chosen == BASE


def test_te_of_default_preference_beats_best_effort_which_beats_nothing() -> None:
    fallback = best_effort(mine.ENDPOINT, 4, SID4)
    assert select([fallback, BASE]).chosen == BASE
    assert select([fallback, replace(BASE, segment_lists=())]).chosen == fallback


def test_an_invalid_candidate_never_wins() -> None:
    broken = replace(BASE, preference=1000, segment_lists=())
    outcome = select([broken, BASE])
    assert outcome.chosen == BASE
    assert outcome.others[0].reason == "there is no segment list"
    assert not outcome.others[0].valid
    assert select([broken]).chosen is None
    assert select([]).chosen is None


def test_equal_candidates_count_once() -> None:
    assert select([BASE, replace(BASE)]).others == ()


@given(
    st.lists(mine.competing, max_size=8).flatmap(
        lambda found: st.tuples(st.just(found), st.permutations(found))
    )
)
def test_order_of_arrival_never_matters(orders: tuple[list[Candidate], list[Candidate]]) -> None:
    first, second = orders
    outcome = select(first)
    assert outcome == select(second)
    kept = {n.candidate for n in outcome.others} | ({outcome.chosen} - {None})
    assert kept == set(first)


@given(st.lists(mine.competing, min_size=1, max_size=8))
def test_the_winner_is_valid_and_has_the_highest_preference(found: list[Candidate]) -> None:
    valid = [c for c in found if not structure(c)]
    chosen = select(found).chosen
    assert (chosen is None) == (not valid)
    if chosen is not None:
        assert chosen.preference == max(c.preference for c in valid)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"segment_lists": ()}, "there is no segment list"),
        ({"segment_lists": (SegmentList(()),)}, "there are no segments"),
        ({"segment_lists": (replace(TO4, weight=0),)}, "its weight is 0"),
        ({"segment_lists": (SegmentList((R6,)),)}, "the last segment has no behaviour"),
        ({"segment_lists": (SegmentList((Segment(SID4, 1),)),)}, "has behaviour 1;"),
        ({"segment_lists": (TO4, TO6)}, "another in End.DT6"),
        ({"segment_lists": (TO4, SegmentList(()))}, "segment list 2: there are no segments"),
        ({"segment_lists": (SegmentList((R6,) * 3 + TO4.segments),)}, "5 segments, at most 3"),
        ({"endpoint": IPv6Address("ff02::1")}, "endpoint ff02::1 is not a unicast address"),
        ({"binding_sid": IPv6Address("::")}, "binding SID :: is not a unicast address"),
        *(
            (
                {"segment_lists": (SegmentList((Segment(IPv6Address(sid)), *TO4.segments)),)},
                "is not a unicast address",
            )
            for sid in ("::", "::1", "ff05::2", "fe80::1", "::ffff:1.2.3.4")
        ),
    ],
)
def test_structural_faults_are_sentences(change: dict[str, object], sentence: str) -> None:
    # fields by name, as above
    found = structure(replace(BASE, **change), max_segments=3)  # type: ignore[arg-type]
    assert len(found) == 1 and sentence in found[0]


def test_the_last_sid_must_be_the_endpoints_own() -> None:
    announced = {mine.ENDPOINT: {SID4: 4, SID6: 6}}
    assert problems(BASE, announced, max_segments=3) == []
    elsewhere = replace(BASE, endpoint=IPv6Address("fd12::1000"))
    assert egress(elsewhere, announced) == ["endpoint fd12::1000 announces no local SIDs"]
    foreign = replace(BASE, segment_lists=(SegmentList((Segment(IPv6Address("fcdd::9"), 19),)),))
    assert "is not one that fd11::1000 announces" in problems(foreign, announced)[0]
    swapped = replace(BASE, segment_lists=(SegmentList((Segment(SID6, 19),)),))
    assert "decapsulates IPv6 at its endpoint" in problems(swapped, announced)[0]


@given(mine.announced)
def test_any_candidate_can_be_judged(candidate: Candidate) -> None:
    problems(candidate, {candidate.endpoint: {}})
