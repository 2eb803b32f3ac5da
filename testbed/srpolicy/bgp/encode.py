"""Encodes an SR Policy candidate for BGP (RFC 9830 §2).

GoBGP panics on some malformed paths instead of refusing them, so whatever could make a malformed
one raises CodecError here. Semantic faults (validity.py) do encode: head ends must cope with them.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from testbed.srpolicy.bgp import tlv
from testbed.srpolicy.bgp.tlv import CodecError, attribute, sub_tlv
from testbed.srpolicy.model import Candidate, Segment, SegmentList, SRPolicy

_LOCAL_PREFERENCE = 100
_ROOM_FOR_HEADER = 23  # message header 19, two length fields of 2


def encode_nlri(policy: SRPolicy) -> bytes:
    """The NLRI with its length octet (192 bits): 25 octets. Raises CodecError."""
    distinguisher = _encode_number("distinguisher", policy.distinguisher, 32)
    color = _encode_number("colour", policy.color, 32)
    endpoint = _encode_address("endpoint", policy.endpoint)
    return bytes([tlv.NLRI_BITS]) + distinguisher + color + endpoint


def encode_attributes(
    candidate: Candidate,
    next_hop: IPv6Address,
    route_targets: Sequence[IPv4Address] = (),
    nlri: bytes | None = None,
) -> bytes:
    """All path attributes, concatenated, by rising type: what GoBGP takes as `pattrs_binary`.

    `route_targets` are the IPv4 addresses of the head ends meant; none means all of them.
    Raises CodecError.
    """
    nlri = encode_nlri(candidate.key) if nlri is None else nlri
    reach = struct.pack("!HBB", tlv.AFI, tlv.SAFI, 16) + _encode_address("next hop", next_hop)
    encoded = [
        attribute(tlv.TRANSITIVE, tlv.ORIGIN, b"\0"),  # IGP
        attribute(tlv.TRANSITIVE, tlv.AS_PATH, b""),
        attribute(tlv.TRANSITIVE, tlv.LOCAL_PREF, struct.pack("!I", _LOCAL_PREFERENCE)),
        attribute(tlv.OPTIONAL, tlv.MP_REACH_NLRI, reach + b"\0" + nlri),
    ]
    if route_targets:
        both = tlv.OPTIONAL | tlv.TRANSITIVE
        communities = b"".join(_route_target(target) for target in dict.fromkeys(route_targets))
        encoded.append(attribute(both, tlv.EXTENDED_COMMUNITIES, communities))
    encoded.append(encode_tunnel(candidate))
    joined = b"".join(encoded)
    if len(joined) > tlv.MAX_UPDATE - _ROOM_FOR_HEADER:
        raise CodecError(
            f"SR Policy {candidate.key} does not fit into one BGP message",
            why=f"its attributes take {len(joined)} octets",
            fix="use fewer or shorter segment lists",
        )
    return joined


def encode_tunnel(candidate: Candidate) -> bytes:
    """The Tunnel Encapsulation attribute with its one TLV of type SR Policy (15)."""
    if not candidate.segment_lists:
        raise CodecError(f"SR Policy {candidate.key} has no segment list")
    content = _sub_tlv_preference(candidate.preference)
    content += _encode_binding_sid(candidate)
    priority = _encode_number("priority", candidate.wire_priority, 8)
    content += sub_tlv(tlv.PRIORITY, priority + b"\0")
    content += b"".join(_encode_segment_list(item) for item in candidate.segment_lists)
    if len(content) > 0xFFFF - 4:
        raise CodecError(f"SR Policy {candidate.key} is too long for an attribute")
    tunnel = struct.pack("!HH", tlv.SR_POLICY_TUNNEL, len(content)) + content
    return attribute(tlv.OPTIONAL | tlv.TRANSITIVE, tlv.TUNNEL_ENCAPSULATION, tunnel)


def _sub_tlv_preference(preference: int) -> bytes:
    return sub_tlv(tlv.PREFERENCE, b"\0\0" + _encode_number("preference", preference, 32))


def _encode_binding_sid(candidate: Candidate) -> bytes:
    """Flags of a candidate without one are carried by an SRv6 Binding SID of 0 (RFC 9830 §2.4.3).

    A GoBGP crashes on the other form, a Binding SID of length 2.
    """
    flags = tlv.SPECIFIED_SID_ONLY * candidate.specified_sid_only
    flags |= tlv.DROP_UPON_INVALID * candidate.drop_upon_invalid
    if candidate.binding_sid is None:
        return sub_tlv(tlv.SRV6_BINDING_SID, bytes([flags, 0]) + bytes(16)) if flags else b""
    value = bytes([flags, 0]) + _encode_address("binding SID", candidate.binding_sid)
    return sub_tlv(tlv.BINDING_SID, value)


def _encode_segment_list(item: SegmentList) -> bytes:
    """Always with a weight: a GoBGP that receives a list without one crashes on printing it."""
    if not item.segments:
        raise CodecError("a segment list without segments cannot be announced")
    weight = sub_tlv(tlv.WEIGHT, b"\0\0" + _encode_number("weight", item.weight, 32))
    value = b"\0" + weight + b"".join(_encode_segment(segment) for segment in item.segments)
    if len(value) > 0xFFFF:
        raise CodecError(f"a segment list of {len(item.segments)} segments is too long")
    return sub_tlv(tlv.SEGMENT_LIST, value)


def _encode_segment(segment: Segment) -> bytes:
    """Segment Type B; the SID structure's lengths stay 0, "not known" (RFC 9830 §2.4.4.2.4)."""
    sid = _encode_address("SID", segment.sid)
    if segment.behavior is None:
        return sub_tlv(tlv.SEGMENT_TYPE_B, b"\0\0" + sid)
    behavior = _encode_number("behaviour", segment.behavior, 16)
    flags = bytes([tlv.BEHAVIOR_PRESENT, 0])
    return sub_tlv(tlv.SEGMENT_TYPE_B, flags + sid + behavior + b"\0\0" + b"\0\0\0\0")


def _route_target(head_end: IPv4Address) -> bytes:
    if not isinstance(head_end, IPv4Address):
        raise CodecError(f"route target {head_end} is not an IPv4 address")
    return tlv.ROUTE_TARGET_IPV4 + head_end.packed + b"\0\0"


def _encode_number(what: str, value: int, bits: int) -> bytes:
    if not isinstance(value, int) or not 0 <= value < 2**bits:
        raise CodecError(f"{what} {value} is not between 0 and {2**bits - 1}")
    return value.to_bytes(bits // 8, "big")


def _encode_address(what: str, value: IPv6Address) -> bytes:
    if not isinstance(value, IPv6Address):
        raise CodecError(f"{what} {value} is not an IPv6 address")
    return value.packed
