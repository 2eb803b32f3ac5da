"""Encodes and decodes path attributes (RFC 4271 §4.3) and MP_REACH_NLRI (RFC 4760, RFC 8950)."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, NamedTuple

from testbed.bgp.errors import PathMalformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testbed.bgp.model import Family

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF, MP_REACH_NLRI, LARGE_COMMUNITY = 1, 2, 3, 5, 14, 32
OPTIONAL, TRANSITIVE, EXTENDED_LENGTH = 0x80, 0x40, 0x10


class Attribute(NamedTuple):
    """One path attribute; `raw` includes the header."""

    flags: int
    type: int
    value: bytes
    raw: bytes


class MpReach(NamedTuple):
    """The content of MP_REACH_NLRI; a link-local second next hop is dropped."""

    afi: int
    safi: int
    next_hop: IpAddress
    nlri: bytes


def encode(flags: int, kind: int, value: bytes) -> bytes:
    """One attribute with its header, with extended length only where it is needed."""
    if len(value) > 0xFF:
        return struct.pack("!BBH", flags | EXTENDED_LENGTH, kind, len(value)) + value
    return struct.pack("!BBB", flags & ~EXTENDED_LENGTH, kind, len(value)) + value


def split(attrs: bytes) -> Iterator[Attribute]:
    """Cut concatenated attributes apart; raises PathMalformed where a length runs over the end."""
    rest = attrs
    while rest:
        extended = bool(rest[0] & EXTENDED_LENGTH)
        header = 4 if extended else 3
        if len(rest) < header:
            raise PathMalformed(f"path attribute header cut after {len(rest)} octets")
        length = int.from_bytes(rest[2:header], "big")
        end = header + length
        if len(rest) < end:
            raise PathMalformed(
                f"path attribute {rest[1]} says {length} octets, {len(rest) - header} are there"
            )
        yield Attribute(rest[0], rest[1], rest[header:end], rest[:end])
        rest = rest[end:]


def encode_mp_reach(family: Family, next_hop: IpAddress, nlri: bytes) -> bytes:
    """MP_REACH_NLRI with one NLRI; the next hop's family may differ from the NLRI's (RFC 8950)."""
    hop = next_hop.packed
    value = struct.pack("!HBB", family.afi, family.safi, len(hop)) + hop + b"\0" + nlri
    return encode(OPTIONAL, MP_REACH_NLRI, value)


def decode_mp_reach(value: bytes) -> MpReach:
    """Read MP_REACH_NLRI's value; raises PathMalformed."""
    if len(value) < 5:
        raise PathMalformed(f"MP_REACH_NLRI of {len(value)} octets")
    afi, safi, length = struct.unpack("!HBB", value[:4])
    hop, rest = value[4 : 4 + length], value[4 + length :]
    if len(hop) < length or not rest:
        raise PathMalformed(f"MP_REACH_NLRI ends inside its next hop of {length} octets")
    if length not in (4, 16, 32):
        raise PathMalformed(f"MP_REACH_NLRI with a next hop of {length} octets")
    return MpReach(afi, safi, ipaddress.ip_address(hop[: min(length, 16)]), rest[1:])


def next_hop(attrs: bytes) -> IpAddress:
    """The next hop, from MP_REACH_NLRI or NEXT_HOP; raises PathMalformed when there is none."""
    for attribute in split(attrs):
        if attribute.type == MP_REACH_NLRI:
            return decode_mp_reach(attribute.value).next_hop
        if attribute.type == NEXT_HOP:
            if len(attribute.value) not in (4, 16):
                raise PathMalformed(f"NEXT_HOP of {len(attribute.value)} octets")
            return ipaddress.ip_address(attribute.value)
    raise PathMalformed("the path has no next hop")


def basic(local_pref: int = 100) -> bytes:
    """Origin IGP, empty AS_PATH, LOCAL_PREF: what every path of an iBGP speaker carries."""
    return (
        encode(TRANSITIVE, ORIGIN, b"\0")
        + encode(TRANSITIVE, AS_PATH, b"")
        + encode(TRANSITIVE, LOCAL_PREF, struct.pack("!I", local_pref))
    )


def encode_large_community(text: str) -> bytes:
    """One large community (RFC 8092), given as three numbers with colons between them."""
    numbers = (int(number) for number in text.split(":"))
    return encode(OPTIONAL | TRANSITIVE, LARGE_COMMUNITY, struct.pack("!III", *numbers))
