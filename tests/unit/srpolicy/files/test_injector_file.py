"""The reader of the injector's YAML."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given

from testbed.errors import TestbedError
from testbed.srpolicy.files import injector
from testbed.srpolicy.files.change import Lines
from testbed.srpolicy.files.load import load_policies
from testbed.srpolicy.model import Candidate, SRPolicy
from testbed.srpolicy.validity import structure
from tests.unit.srpolicy import srpolicy_strategies as mine
from tests.unit.srpolicy.files.policy_texts import (
    INJECTOR,
    refused,
    sids,
)


def test_reads_the_injectors_form() -> None:
    (change,) = load_policies(INJECTOR, "p.yaml")
    candidate = change.candidate
    assert candidate is not None
    assert change.policy == candidate.key == SRPolicy(7, 51, IPv6Address("fd12::1000"))
    assert candidate.family == 4, "the last segment counts, not the waypoint's behaviour"
    assert (candidate.preference, candidate.wire_priority) == (100, 100)
    assert candidate.segment_lists[0].weight == 1
    assert sids(candidate) == [["fcff:6::1", "fcdd::12aa:1"]]
    assert candidate.binding_sid == IPv6Address("cafe::4")
    assert not change.withdraw and change.next_hop == IPv6Address("fd12::1000")
    assert change.lines == Lines(1, 4, 19, ((15, 17),))
    assert structure(candidate) == []


@pytest.mark.parametrize(
    ("said", "preference", "priority"),
    [("", 100, 100), ("7", 7, 7), ("255", 255, 255), ("300", 300, 255)],
)
def test_the_injectors_priority_is_the_preference(
    said: str, preference: int, priority: int
) -> None:
    (change,) = load_policies(INJECTOR.replace("priority: 0", f"priority: {said}"), "p.yaml")
    assert change.candidate is not None
    assert change.candidate.preference == preference
    assert change.candidate.wire_priority == priority


def test_iswithdraw_takes_back_the_nlri() -> None:
    (change,) = load_policies(INJECTOR.replace("iswithdraw: false", "iswithdraw: true"), "p.yaml")
    assert change.withdraw and change.policy == SRPolicy(7, 51, IPv6Address("fd12::1000"))
    short = "nlri: {endpoint: 'fd12::1000', color: 51, distinguisher: 7}\niswithdraw: true\n"
    (bare,) = load_policies(short, "p.yaml")
    assert bare.withdraw and bare.policy == change.policy and bare.candidate is None


@given(mine.announced)
def test_the_injectors_form_round_trips(candidate: Candidate) -> None:
    try:
        text = injector.write(candidate)
    except TestbedError:
        assert (
            len(candidate.segment_lists) > 1
            or candidate.preference == 0
            or candidate.segment_lists[0].weight == 0
            or candidate.specified_sid_only
            or candidate.drop_upon_invalid
        )
        return
    (change,) = load_policies(text, "p.yaml")
    read = change.candidate
    assert read is not None and read.key == candidate.key
    assert (read.preference, read.binding_sid) == (candidate.preference, candidate.binding_sid)
    assert sids(read) == sids(candidate)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "bsid:",
            "bsit:",
            "f.yaml:19: the policy has no field 'bsit'\n  fix: did you mean 'bsid'?",
        ),
        ("color: 51", "colour: 51", "f.yaml:3: nlri has no field 'colour'\n  fix: did you mean"),
        ("fd12::1000\nis", "10.0.0.1\nis", "f.yaml:4: endpoint must be an IPv6 address\n  why: it"),
        ("safi: 73", "safi: 1", "f.yaml:10: only IPv6 SR Policy is carried here"),
        ("color: 51", "color: -1", "f.yaml:3: color must be a whole number from 0 to 4294967295"),
        ("color: 51", "color: x", "why: it is 'x'"),
        ("sid: fcff:6::1", "sid: fcff:6::g", "f.yaml:15: sid must be an IPv6 address"),
        ("sid: fcff:6::1", "sid: fcff:6::1/64", "f.yaml:15: sid must be an IPv6 address"),
        ("false", "perhaps", "f.yaml:5: iswithdraw must be true or false"),
        (
            "  color: 51",
            "  color: 51\n  color: 52",
            "f.yaml:4: key 'color' appears twice\n  why: f",
        ),
    ],
)
def test_faults_in_the_injectors_form(old: str, new: str, expected: str) -> None:
    assert expected in refused(INJECTOR.replace(old, new, 1))
