"""The reader of our own form of SR Policies."""

from __future__ import annotations

import json
from ipaddress import IPv6Address

import pytest

from testbed.errors import TestbedError
from testbed.srpolicy.files import configmap
from testbed.srpolicy.files.change import Lines
from testbed.srpolicy.files.load import load_policies
from testbed.srpolicy.validity import structure
from tests.unit.srpolicy.files.policy_texts import (
    INJECTOR,
    OWN,
    refused,
    resolve,
    sids,
)


def test_reads_our_own_form() -> None:
    first, second = load_policies(OWN, "own.yaml", resolve)
    assert first.candidate is not None and second.candidate is not None
    assert first.name == second.name == "to-worker2"
    assert [c.policy.distinguisher for c in (first, second)] == [1, 9]
    assert first.candidate.head_ends == ("master", "worker1")
    assert first.candidate.family == second.candidate.family == 4
    assert (first.candidate.preference, second.candidate.preference) == (200, 100)
    assert (first.candidate.wire_priority, second.candidate.wire_priority) == (200, 7)
    assert [item.weight for item in first.candidate.segment_lists] == [3, 1]
    assert sids(first.candidate) == [
        ["fcff:6::1", "fcff:8::1", "fcdd::12aa:1"],
        ["fcff:2::1", "fcdd::12aa:1"],
    ]
    assert first.lines == Lines(10, 5, 11, ((14, 14, 14), (16, 17)))
    assert structure(first.candidate) == [] == structure(second.candidate)


def test_flags_of_a_candidate() -> None:
    flagged = "dropUponInvalid: true\n    specifiedBindingSidOnly: true\n    bindingSid"
    with_flags, without = load_policies(OWN.replace("bindingSid", flagged, 1), "own.yaml", resolve)
    assert with_flags.candidate is not None and without.candidate is not None
    assert with_flags.candidate.drop_upon_invalid and with_flags.candidate.specified_sid_only
    assert not (without.candidate.drop_upon_invalid or without.candidate.specified_sid_only)


def test_protection_is_wished_in_our_own_form_alone() -> None:
    wished = load_policies(OWN.replace("  family", "  protect: true\n  family", 1), "f", resolve)
    assert [change.protect for change in wished] == [True, True]
    assert not any(change.protect for change in load_policies(OWN, "f", resolve))
    said = refused(f"{INJECTOR}protect: true\n")
    assert "the injector's form has no field 'protect'" in said and "kind SRPolicy" in said
    policy = {"node": "fd12::1000", "traffic": "IPv4", "segment_list": ["fcdd::1"], "protect": True}
    document = {
        "kind": "ConfigMap",
        "metadata": {"name": "srv6-config-worker1"},
        "data": {"srv6": json.dumps({"policies": [policy]})},
    }
    with pytest.raises(TestbedError, match="a TE ConfigMap has no field 'protect'"):
        configmap.from_object(document, "f")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "bindingSid: ",
            "dropUponInvalid: 1\n    bindingSid: ",
            "must be of type boolean, it is 1",
        ),
        (
            "preference",
            "preferrence",
            "f.yaml:10: candidates[1] has no field 'preferrence'\n"
            "  fix: did you mean 'preference'?",
        ),
        (
            "IPv4",
            "ipv4",
            "f.yaml:7: family must be IPv4 or IPv6, it is 'ipv4'\n  fix: did you mean 'IPv4'?",
        ),
        ("testbed/v1", "testbed/v2", "f.yaml:1: apiVersion must be testbed/v1"),
        ("SRPolicy", "SrPolicy", "f.yaml:2: kind must be SRPolicy"),
        ("color: 51", "color: red", "f.yaml:6: color must be of type integer, it is 'red'"),
        ("  color: 51\n", "", "f.yaml:5: spec lacks color"),
        ("weight: 3", "weight: 0", "f.yaml:13: weight must be at least 1, it is 0"),
        ("priority: 7", "priority: 256", "f.yaml:19: priority must be at most 255"),
        ("[r6, r8, worker2]", "[]", "f.yaml:14: segments must not be empty"),
        ("[r6, r8, worker2]", "[[]]", "f.yaml:14: segments[1] must be a SID"),
        ("[r6, r8, worker2]", "[r6, r9, worker2]", "f.yaml:14: no node called 'r9' is known"),
        ("[r6, r8, worker2]", "[r6, r8]", "why: its local SID for IPv4 is needed here"),
        ("[master, worker1]", "[master, master]", "f.yaml:8: headEnds must not name anything tw"),
        ("cafe::4", "cafe::4:x", "f.yaml:11: bindingSid must be an IPv6 address"),
        ("discriminator: 9", "discriminator: 1", "f.yaml:18: two candidates have the same NLRI"),
        ("to-worker2", "To Worker", "f.yaml:3: name must be a lower-case name"),
    ],
)
def test_faults_in_our_own_form(old: str, new: str, expected: str) -> None:
    assert expected in refused(OWN.replace(old, new, 1))


def test_fields_that_one_mapping_lacks_are_told_once() -> None:
    said = refused(OWN.replace("  color: 51\n  family: IPv4\n", "", 1))
    assert said.count("lacks") == 1 and "spec lacks color, family" in said


def test_a_resolvers_own_words_reach_the_user() -> None:
    def helpful(name: str, _family: int | None) -> IPv6Address:
        raise TestbedError(f"no {name}", fix="did you mean 'r1'?")

    with pytest.raises(TestbedError, match=r"o.yaml:5: no worker2\n  fix: did you mean 'r1'"):
        load_policies(OWN, "o.yaml", helpful)
