"""The codec against the RFC's layout by hand, by round trip, and against garbage."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.srpolicy.bgp import codec, tlv
from testbed.srpolicy.model import (
    Candidate,
    Originator,
    Segment,
    SegmentList,
    SRPolicy,
    best_effort,
)
from tests.unit.srpolicy import srpolicy_strategies as mine

WORKER1 = IPv6Address("fd11::1000")
POLICY = Candidate(
    endpoint=WORKER1,
    color=94,
    distinguisher=4,
    preference=300,
    binding_sid=IPv6Address("cafe::1c2"),
    segment_lists=(
        SegmentList(
            (
                Segment(IPv6Address("fcff:3::1")),
                Segment(IPv6Address("fcdd::11aa:c11:b42f:f17e:a682"), 19),
            ),
            weight=2,
        ),
    ),
)

NLRI = bytes.fromhex(
    "c0"  # 192 bits (RFC 9830 §2.1)
    "00000004"  # distinguisher
    "0000005e"  # colour
    "fd110000000000000000000000001000"  # endpoint
)
SEGMENTS = bytes.fromhex(
    "00"  # reserved
    "0906 00 00 00000002"  # weight: flags, reserved, 2 (§2.4.4.1)
    "0d12 00 00 fcff0003000000000000000000000001"  # type B, 18 octets, no flags (§2.4.4.2.2)
    "0d1a 10 00 fcdd0000000011aa0c11b42ff17ea682"  # type B, 26 octets, B-Flag
    "0013 0000 00000000"  # End.DT4, reserved, SID structure not known (§2.4.4.2.4)
)
TUNNEL = (
    bytes.fromhex(
        "0c06 00 00 0000012c"  # preference: flags, reserved, 300 (§2.4.1)
        "0d12 00 00 cafe00000000000000000000000001c2"  # binding SID (§2.4.2)
        "0f02 ff 00"  # priority 255, reserved (§2.4.6)
        "80 0039"  # segment list: two length octets (§2.4.4)
    )
    + SEGMENTS
)
ATTRIBUTES = (
    bytes.fromhex(
        "40 01 01 00"  # ORIGIN IGP
        "40 02 00"  # AS_PATH, empty
        "40 05 04 00000064"  # LOCAL_PREF 100
        "80 0e 2e 0002 49 10 fd340000000000000000000000000002 00"  # MP_REACH: AFI, SAFI, next hop
    )
    + NLRI
    + bytes.fromhex(
        "c0 10 08 0102 c0a80bfe 0000"  # route target 192.168.11.254 : 0
        "c0 17 60 000f 005c"  # Tunnel Encapsulation, tunnel type 15
    )
    + TUNNEL
)


def encoded(candidate: Candidate) -> bytes:
    return codec.encode_attributes(candidate, WORKER1)


def tunnel_path(content: bytes) -> bytes:
    """Attributes around the content of an SR Policy tunnel."""
    value = b"\0\x0f" + len(content).to_bytes(2, "big") + content
    return tlv.attribute(0xC0, tlv.TUNNEL_ENCAPSULATION, value)


def test_bytes_are_those_of_the_rfc() -> None:
    next_hop, head_end = IPv6Address("fd34::2"), IPv4Address("192.168.11.254")
    assert codec.encode_nlri(POLICY.key) == NLRI
    assert codec.encode_attributes(POLICY, next_hop, [head_end]) == ATTRIBUTES


def test_reads_the_bytes_of_the_rfc() -> None:
    received = codec.decode(NLRI, ATTRIBUTES, Originator(64512, WORKER1))
    wanted = replace(POLICY, priority=255, originator=Originator(64512, WORKER1))
    assert received.candidate == wanted
    assert received.route_targets == (IPv4Address("192.168.11.254"),)
    assert received.is_for(IPv4Address("192.168.11.254"))
    assert not received.is_for(IPv4Address("192.168.12.254"))
    assert not received.is_for(None)


@given(mine.announced, st.lists(mine.v4, max_size=4, unique=True), mine.v6)
def test_round_trip(candidate: Candidate, targets: list[IPv4Address], hop: IPv6Address) -> None:
    attrs = codec.encode_attributes(candidate, hop, targets)
    received = codec.decode(codec.encode_nlri(candidate.key), attrs)
    assert received.candidate == candidate
    assert received.route_targets == tuple(targets)


@given(mine.u32, mine.u32, mine.v6)
def test_nlri_round_trip(distinguisher: int, color: int, endpoint: IPv6Address) -> None:
    policy = SRPolicy(distinguisher, color, endpoint)
    assert codec.decode_nlri(codec.encode_nlri(policy)) == policy


@given(st.binary(max_size=64) | st.just(NLRI), st.binary(max_size=400))
def test_any_bytes_give_a_value_or_codec_error(nlri: bytes, attrs: bytes) -> None:
    try:
        codec.decode(nlri, attrs)
    except codec.CodecError:
        return


@given(st.binary(max_size=300))
def test_any_tunnel_gives_a_value_or_codec_error(content: bytes) -> None:
    try:
        codec.decode(NLRI, tunnel_path(content))
    except codec.CodecError:
        return


@given(st.data())
def test_damaged_paths_give_a_value_or_codec_error(data: st.DataObject) -> None:
    damaged = bytearray(ATTRIBUTES)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    try:
        codec.decode(NLRI, bytes(damaged[:cut]))
    except codec.CodecError:
        return


def test_absent_sub_tlvs_have_the_rfcs_defaults() -> None:
    """No preference: 100. No weight: 1. No binding SID, no priority: none."""
    content = tlv.sub_tlv(128, b"\0" + SEGMENTS[9:])
    candidate = codec.decode(NLRI, tunnel_path(content)).candidate
    assert (candidate.preference, candidate.priority, candidate.binding_sid) == (100, None, None)
    assert candidate.segment_lists[0].weight == 1


@pytest.mark.parametrize(
    "extra",
    [
        tlv.sub_tlv(129, b"\0name"),  # candidate path name
        tlv.sub_tlv(130, b"\0name"),  # policy name
        tlv.sub_tlv(14, b"\0\0\4"),  # explicit null label policy
        tlv.sub_tlv(99, b""),
        tlv.sub_tlv(222, b"anything"),
    ],
)
def test_other_sub_tlvs_are_passed_over(extra: bytes) -> None:
    plain = codec.decode(NLRI, tunnel_path(TUNNEL))
    assert codec.decode(NLRI, tunnel_path(extra + TUNNEL + extra)) == plain
    inner = SEGMENTS + tlv.sub_tlv(99, b"x")
    changed = TUNNEL[: -len(SEGMENTS) - 3] + tlv.sub_tlv(128, inner)
    assert codec.decode(NLRI, tunnel_path(changed)) == plain


@pytest.mark.parametrize(
    ("content", "binding_sid"),
    [
        (tlv.sub_tlv(13, b"\0\0"), None),  # no SID is present
        (tlv.sub_tlv(20, b"\0\0" + WORKER1.packed), WORKER1),
        (tlv.sub_tlv(20, b"\0\0" + WORKER1.packed + bytes(8)), WORKER1),
        (tlv.sub_tlv(20, b"\0\0" + WORKER1.packed + b"\0\x0e" + bytes(6)), WORKER1),
        (tlv.sub_tlv(13, bytes(18)) + tlv.sub_tlv(20, b"\0\0" + WORKER1.packed), WORKER1),
    ],
)
def test_binding_sid_in_every_form(content: bytes, binding_sid: IPv6Address | None) -> None:
    assert codec.decode(NLRI, tunnel_path(content)).candidate.binding_sid == binding_sid


@pytest.mark.parametrize(
    ("content", "flags"),
    [
        (tlv.sub_tlv(13, b"\x80\0" + WORKER1.packed), (True, False)),
        (tlv.sub_tlv(13, b"\x40\0" + WORKER1.packed), (False, True)),
        (tlv.sub_tlv(13, b"\x3f\xff" + WORKER1.packed), (False, False)),  # bits of no meaning
        (tlv.sub_tlv(13, b"\xc0\0"), (True, True)),
        (tlv.sub_tlv(20, b"\x60\0" + WORKER1.packed + b"\0\x0e" + bytes(6)), (False, True)),
        (
            tlv.sub_tlv(13, b"\xc0" + bytes(17)) + tlv.sub_tlv(20, b"\x80" + bytes(17)),
            (True, False),
        ),
        (b"", (False, False)),
    ],
)
def test_flags_of_a_binding_sid(content: bytes, flags: tuple[bool, bool]) -> None:
    candidate = codec.decode(NLRI, tunnel_path(content)).candidate
    assert (candidate.specified_sid_only, candidate.drop_upon_invalid) == flags


def test_flags_need_no_binding_sid() -> None:
    bare = replace(POLICY, binding_sid=None, priority=9, drop_upon_invalid=True)
    attrs = codec.encode_attributes(bare, WORKER1)
    assert tlv.sub_tlv(20, b"\x40" + bytes(17)) in attrs
    assert codec.decode(codec.encode_nlri(bare.key), attrs).candidate == bare


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x0c\x05\0\0\0\0\0", "sub-TLV 12 has 5 octets"),
        (b"\x0c\x06\0\0", "sub-TLV 12 runs over the end"),
        (TUNNEL[:8] * 2, "type 12 appears twice"),
        (tlv.sub_tlv(13, bytes(7)), "sub-TLV 13 has 7 octets"),
        (tlv.sub_tlv(13, b"\0\0" + b"\0\1\0\0"), "its binding SID is the MPLS label 16; only SRv6"),
        (tlv.sub_tlv(20, bytes(18) + b"\0\x12" + bytes(6)), "behaviour 18; only 14"),
        (tlv.sub_tlv(15, b"\1"), "sub-TLV 15 has 1 octets"),
        (tlv.sub_tlv(128, b""), "a segment list without its reserved octet"),
        (tlv.sub_tlv(128, b"\0\x0d\x11" + bytes(17)), "sub-TLV 13 has 17 octets"),
        (tlv.sub_tlv(128, b"\0\x01\x06" + bytes(6)), "only type B"),
        (tlv.sub_tlv(128, b"\0" + SEGMENTS[1:9] * 2), "type 9 appears twice"),
        (b"\x80\0", "a sub-TLV ends inside its header"),
    ],
)
def test_malformed_tunnels_are_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(codec.CodecError, match=sentence):
        codec.decode(NLRI, tunnel_path(content))


@pytest.mark.parametrize(
    ("nlri", "attrs", "sentence"),
    [
        (b"", ATTRIBUTES, "NLRI of 0 octets"),
        (NLRI[:-1], ATTRIBUTES, "NLRI of 24 octets"),
        (b"\x60" + NLRI[1:], ATTRIBUTES, "25 with length 192"),
        (NLRI, b"", "no Tunnel Encapsulation"),
        (NLRI, ATTRIBUTES * 2, "type 1 appears twice"),
        (NLRI, tlv.attribute(0xC0, 23, b""), "0 tunnels"),
        (NLRI, tlv.attribute(0xC0, 23, b"\0\x0f\0\0" * 2), "2 tunnels"),
        (NLRI, tunnel_path(TUNNEL) + tlv.attribute(0xC0, 16, bytes(9)), "communities of 9"),
    ],
)
def test_malformed_paths_are_refused(nlri: bytes, attrs: bytes, sentence: str) -> None:
    with pytest.raises(codec.CodecError, match=sentence):
        codec.decode(nlri, attrs)


def test_a_path_without_lists_is_read_and_left_to_validity() -> None:
    assert codec.decode(NLRI, tunnel_path(b"")).candidate.segment_lists == ()


@pytest.mark.parametrize(
    "change",
    [
        {"segment_lists": ()},
        {"segment_lists": (SegmentList(()),)},
        {"segment_lists": (SegmentList(POLICY.segment_lists[0].segments, weight=2**32),)},
        {"segment_lists": (SegmentList((Segment(WORKER1, -1),)),)},
        {"segment_lists": (SegmentList((Segment(WORKER1, 2**16),)),)},
        # an address of the wrong family, on purpose
        {"segment_lists": (SegmentList((Segment(IPv4Address(1), 19),)),)},  # type: ignore[arg-type]
        {"segment_lists": (SegmentList((Segment(WORKER1, 19),) * 200),)},  # no BGP message so long
        {"segment_lists": (SegmentList((Segment(WORKER1, 19),) * 9000),)},
        {"binding_sid": IPv4Address(1)},
        {"binding_sid": ""},
        {"endpoint": "fd11::1000"},
        {"distinguisher": 2**32},
        {"color": -1},
        {"preference": 2**32},
        {"priority": 256},
    ],
)
def test_what_gobgp_could_choke_on_is_never_encoded(change: dict[str, object]) -> None:
    # values of wrong types and ranges, on purpose
    with pytest.raises(codec.CodecError):
        encoded(replace(POLICY, **change))  # type: ignore[arg-type]


def test_next_hop_and_route_target_must_be_of_their_family() -> None:
    # the types forbid it: a caller that is not checked could still do it
    with pytest.raises(codec.CodecError, match="next hop"):
        codec.encode_attributes(POLICY, IPv4Address(1))  # type: ignore[arg-type]
    with pytest.raises(codec.CodecError, match="route target"):
        codec.encode_attributes(POLICY, WORKER1, [WORKER1])  # type: ignore[list-item]


def test_best_effort_is_announced_with_calicos_priority() -> None:
    sid, binding_sid = IPv6Address("fcdd::45"), IPv6Address("cafe::185")
    candidate = best_effort(WORKER1, 6, sid, binding_sid)
    received = codec.decode(codec.encode_nlri(candidate.key), encoded(candidate)).candidate
    assert received == candidate
    assert (received.distinguisher, received.color) == (0, 6)
    assert (received.preference, received.priority) == (11, 10)
    assert received.segment_lists == (SegmentList((Segment(sid, 18),), 1),)


def test_one_bad_path_does_not_hide_the_good_ones() -> None:
    bad, good = (b"", b"", Originator(1, WORKER1)), (NLRI, ATTRIBUTES, Originator(1, WORKER1))
    received, faults = codec.decode_all([bad, good])
    assert len(received) == 1
    assert len(faults) == 1 and faults[0].startswith("bad SR Policy from fd11::1000: ")
