"""Code points and TLV framing of SR Policy in BGP (RFC 4271, RFC 4760, RFC 9012, RFC 9830)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from testbed.errors import TestbedError

AFI, SAFI = 2, 73
NLRI_BITS = 192  # distinguisher 32, colour 32, endpoint 128

ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF = 1, 2, 3, 5
MP_REACH_NLRI, EXTENDED_COMMUNITIES, TUNNEL_ENCAPSULATION = 14, 16, 23
OPTIONAL, TRANSITIVE, EXTENDED_LENGTH = 0x80, 0x40, 0x10

SR_POLICY_TUNNEL = 15  # tunnel type
PREFERENCE, BINDING_SID, PRIORITY, SRV6_BINDING_SID, SEGMENT_LIST = 12, 13, 15, 20, 128
WEIGHT, SEGMENT_TYPE_B = 9, 13  # inside a segment list
SEGMENT_TYPES_OTHER = frozenset({1, 3, 4, 5, 6, 7, 8, 14, 15, 16})  # MPLS, or not resolved here
SPECIFIED_SID_ONLY, DROP_UPON_INVALID = 0x80, 0x40  # S- and I-Flag of a binding SID
BEHAVIOR_PRESENT = 0x10  # B-Flag: behaviour and SID structure follow the SID

ROUTE_TARGET_IPV4 = b"\x01\x02"  # extended community: IPv4-address-specific, route target

MAX_UPDATE = 4096  # octets of a BGP message; what does not fit is never announced


class CodecError(TestbedError):
    """Bytes that are no SR Policy, or an SR Policy that cannot be put into bytes."""


class Field(NamedTuple):
    """Type and value of an attribute or (sub-)TLV."""

    type: int
    value: bytes


def attribute(flags: int, kind: int, value: bytes) -> bytes:
    """One path attribute, with extended length only where it is needed."""
    if len(value) > 0xFF:
        return bytes([flags | EXTENDED_LENGTH, kind]) + len(value).to_bytes(2, "big") + value
    return bytes([flags, kind, len(value)]) + value


def sub_tlv(kind: int, value: bytes) -> bytes:
    """One sub-TLV; from type 128 on the length has two octets (RFC 9012 §2)."""
    return bytes([kind]) + len(value).to_bytes(2 if kind >= 128 else 1, "big") + value


def attributes(data: bytes) -> Iterator[Field]:
    """Cut concatenated path attributes apart. Raises CodecError."""
    rest = data
    while rest:
        header = 4 if rest[0] & EXTENDED_LENGTH else 3
        if len(rest) < header:
            raise CodecError("a path attribute ends inside its header")
        end = header + int.from_bytes(rest[2:header], "big")
        if len(rest) < end:
            raise CodecError(f"path attribute {rest[1]} runs over the end")
        yield Field(rest[1], rest[header:end])
        rest = rest[end:]


def sub_tlvs(data: bytes) -> Iterator[Field]:
    """Cut concatenated sub-TLVs apart. Raises CodecError."""
    rest = data
    while rest:
        header = 3 if rest[0] >= 128 else 2
        if len(rest) < header:
            raise CodecError("a sub-TLV ends inside its header")
        end = header + int.from_bytes(rest[1:header], "big")
        if len(rest) < end:
            raise CodecError(f"sub-TLV {rest[0]} runs over the end")
        yield Field(rest[0], rest[header:end])
        rest = rest[end:]


def tunnels(data: bytes) -> Iterator[Field]:
    """Cut the Tunnel Encapsulation attribute into its tunnel TLVs. Raises CodecError."""
    rest = data
    while rest:
        end = 4 + int.from_bytes(rest[2:4], "big")
        if len(rest) < end:
            raise CodecError("a tunnel TLV runs over the end")
        yield Field(int.from_bytes(rest[:2], "big"), rest[4:end])
        rest = rest[end:]


def only_once(fields: Iterator[Field], kinds: frozenset[int]) -> Iterator[Field]:
    """Pass fields on; raises CodecError when one of `kinds` comes a second time."""
    seen = set()
    for field in fields:
        if field.type in kinds and field.type in seen:
            raise CodecError(f"type {field.type} appears twice")
        seen.add(field.type)
        yield field
