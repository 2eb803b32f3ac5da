"""The injector's files: good ones, half-written ones, vanished ones."""

from __future__ import annotations

import json
from ipaddress import IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.bgp.policy_files import PolicyFiles, parse_peers, parse_policies
from testbed.errors import TestbedError
from testbed.srpolicy.bgp.codec import encode_attributes, encode_nlri
from testbed.srpolicy.model import Candidate, Segment, SegmentList

PEERS = {
    "asn": 64512,
    "router_id": "10.255.0.9",
    "local_address": "fd00::9",
    "peers": [{"address": "fd00::1", "asn": 64512}],
}


def entry(color: int) -> dict[str, str]:
    lists = (SegmentList((Segment(IPv6Address("fcbb::6")),)),)
    candidate = Candidate(IPv6Address("fd00::1"), lists, color=color)
    nlri, attrs = encode_nlri(candidate.key), encode_attributes(candidate, IPv6Address("fd00::9"))
    return {"nlri": nlri.hex(), "attrs": attrs.hex()}


def test_list_and_object_form() -> None:
    plain = parse_policies(json.dumps([entry(1), entry(2)]))
    assert len(plain) == 2
    assert parse_policies(json.dumps({"about": {}, "paths": [entry(1), entry(2)]})) == plain


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[{"nlri": "c0', "not JSON"),
        ("", "not JSON"),
        ("7", "not a list"),
        ("{}", "not a list"),
        ('["x"]', "policy 1"),
        ('[{"nlri": "zz", "attrs": ""}]', "policy 1"),
        ('[{"nlri": "00", "attrs": ""}]', "policy 1"),
        ('[{"nlri": 5, "attrs": ""}]', "policy 1"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_bad_policy_files_say_why(text: str, why: str) -> None:
    with pytest.raises(TestbedError, match=why):
        parse_policies(text)


@given(st.text(max_size=60))
def test_garbage_is_an_error_not_a_crash(text: str) -> None:
    for parse in (parse_policies, parse_peers):
        try:
            parse(text)
        except TestbedError:
            continue
        assert text.strip() in ("[]", '{"paths":[]}')


def test_a_half_written_file_keeps_its_last_good_content(tmp_path: Path) -> None:
    file, peers = tmp_path / "a.json", tmp_path / "peers.json"
    files = PolicyFiles()
    peers.write_text(json.dumps(PEERS))
    file.write_text(json.dumps([entry(1)]))
    files.read_peers(peers)
    files.read_policies(file)
    before = files.desired()
    assert before is not None
    assert len(before.announcements) == 1
    file.write_text('[{"nlri"')
    peers.write_bytes(b"\xff\xfe")
    files.read_policies(file)
    files.read_peers(peers)
    assert files.desired() == before
    assert set(files.errors) == {"a.json", "peers.json"}
    file.unlink()
    files.read_policies(file)
    after = files.desired()
    assert after is not None
    assert after.announcements == frozenset()
    assert set(files.errors) == {"peers.json"}


def test_without_peers_nothing_is_announced(tmp_path: Path) -> None:
    files = PolicyFiles()
    files.read_peers(tmp_path / "peers.json")
    assert files.desired() is None
    assert files.errors == {"peers.json": "is not there"}


@pytest.mark.parametrize(
    "change",
    [{"asn": 0}, {"router_id": "x"}, {"peers": 3}, {"peers": [{}]}, {"local_address": "y"}],
)
def test_unusable_peers_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(TestbedError):
        parse_peers(json.dumps({**PEERS, **change}))
