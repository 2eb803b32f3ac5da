"""UPDATE messages that are malformed or merely unusual, by what is odd about them.

Each is (withdrawn routes, path attributes, IPv4 NLRI) as RFC 4271 §4.3 orders them. All SR Policies
have an NLRI of their own, so that none replaces another.
"""

from __future__ import annotations

import struct
from ipaddress import IPv6Address
from itertools import count

Update = tuple[bytes, bytes, bytes]

HOP = IPv6Address("fd34::2").packed
ENDPOINT = IPv6Address("fd12::1000").packed
SID = IPv6Address("fcdd::12aa:1").packed
OPTIONAL, TRANSITIVE, PARTIAL = 0x80, 0x40, 0x20
_colors = count(1000)


def attribute(flags: int, kind: int, value: bytes, says: int | None = None) -> bytes:
    """One path attribute; `says` is a length that is not the true one."""
    length = len(value) if says is None else says
    if length > 255:
        return struct.pack("!BBH", flags | 0x10, kind, length) + value
    return struct.pack("!BBB", flags, kind, length) + value


def sub_tlv(kind: int, value: bytes, says: int | None = None) -> bytes:
    """One sub-TLV of the tunnel attribute: types from 128 on have lengths of two octets."""
    length = len(value) if says is None else says
    return struct.pack("!BH" if kind >= 128 else "!BB", kind, length) + value


def nlri(length: int = 192, endpoint: bytes = ENDPOINT) -> bytes:
    return struct.pack("!BII", length, 1, next(_colors)) + endpoint


def reach(routes: bytes, hop: bytes = HOP, afi: int = 2, safi: int = 73) -> bytes:
    value = struct.pack("!HBB", afi, safi, len(hop)) + hop + b"\0" + routes
    return attribute(OPTIONAL, 14, value)


def tunnel(*sub_tlvs: bytes, kind: int = 15, says: int | None = None) -> bytes:
    value = b"".join(sub_tlvs)
    length = len(value) if says is None else says
    return attribute(OPTIONAL | TRANSITIVE, 23, struct.pack("!HH", kind, length) + value)


def segment_list(*inner: bytes) -> bytes:
    return sub_tlv(128, b"\0" + b"".join(inner))


ORIGIN = attribute(TRANSITIVE, 1, b"\0")
AS_PATH = attribute(TRANSITIVE, 2, b"")
LOCAL_PREF = attribute(TRANSITIVE, 5, struct.pack("!I", 100))
BASIC = ORIGIN + AS_PATH + LOCAL_PREF
WEIGHT = sub_tlv(9, struct.pack("!HI", 0, 1))
SEGMENT = sub_tlv(13, b"\0\0" + SID)
ENDING = sub_tlv(13, b"\x10\0" + SID + struct.pack("!HHBBBB", 19, 0, 40, 24, 16, 0))
PREFERENCE = sub_tlv(12, struct.pack("!HI", 0, 100))
GOOD_LIST = segment_list(WEIGHT, SEGMENT, ENDING)
IPV4_HOP = attribute(TRANSITIVE, 3, bytes([10, 9, 8, 7]))
PREFIX = bytes([24, 10, 66, 1])


def policy(*sub_tlvs: bytes) -> Update:
    """An SR Policy with these sub-TLVs in an otherwise good UPDATE."""
    return b"", BASIC + reach(nlri()) + tunnel(*sub_tlvs), b""


def listed(*inner: bytes) -> Update:
    """An SR Policy with one segment list of this content."""
    return policy(PREFERENCE, segment_list(*inner))


def keyed(routes: bytes, hop: bytes = HOP, afi: int = 2, safi: int = 73) -> Update:
    """A good SR Policy but for its MP_REACH_NLRI."""
    return b"", BASIC + reach(routes, hop, afi, safi) + tunnel(PREFERENCE, GOOD_LIST), b""


def beside(extra: bytes) -> Update:
    """A good SR Policy with one more attribute."""
    return b"", BASIC + reach(nlri()) + tunnel(PREFERENCE, GOOD_LIST) + extra, b""


def ipv4(attributes: bytes, prefix: bytes = PREFIX) -> Update:
    """A plain IPv4 route with these attributes."""
    return b"", attributes, prefix


def community(kind: int, size: int, number: int) -> bytes:
    return attribute(OPTIONAL | TRANSITIVE, kind, b"\x01" * size * number)


SEGMENT_LISTS: dict[str, Update] = {
    "no weight": listed(SEGMENT, ENDING),
    "weight and no segment": listed(WEIGHT),
    "a list of one octet": listed(),
    "a list of no octet": policy(PREFERENCE, sub_tlv(128, b"")),
    "two weights": listed(WEIGHT, WEIGHT, SEGMENT),
    "weight after the segments": listed(SEGMENT, WEIGHT),
    "weight of 0": listed(sub_tlv(9, bytes(6)), SEGMENT),
    "weight of 4 octets": listed(sub_tlv(9, bytes(4)), SEGMENT),
    "weight of 8 octets": listed(sub_tlv(9, bytes(8)), SEGMENT),
    "weight of no octet": listed(sub_tlv(9, b""), SEGMENT),
    "no segment list": policy(PREFERENCE),
    "no sub-TLV": policy(),
    "40 lists": policy(PREFERENCE, *[GOOD_LIST] * 40),
    "100 segments": listed(WEIGHT, *[SEGMENT] * 100),
    "the same list twice": policy(PREFERENCE, GOOD_LIST, GOOD_LIST),
    "an empty list beside a good one": policy(PREFERENCE, segment_list(), GOOD_LIST),
    "a list without weight beside a good one": policy(segment_list(SEGMENT), GOOD_LIST),
    "an unknown sub-TLV in a list": listed(WEIGHT, sub_tlv(77, bytes(4)), SEGMENT),
    "a long unknown sub-TLV in a list": listed(WEIGHT, sub_tlv(200, bytes(300)), SEGMENT),
    "a list that ends in a type": listed(WEIGHT, SEGMENT, b"\x0d"),
    "a segment cut short": listed(WEIGHT, sub_tlv(13, bytes(10), says=18)),
    "a list cut short": policy(PREFERENCE, sub_tlv(128, b"\0" + WEIGHT + SEGMENT, says=200)),
    "a SID of 8 octets": listed(WEIGHT, sub_tlv(13, bytes(10))),
    "a SID of 17 octets": listed(WEIGHT, sub_tlv(13, bytes(19))),
    "a segment of no octet": listed(WEIGHT, sub_tlv(13, b"")),
    "a cut behaviour": listed(WEIGHT, sub_tlv(13, b"\x10\0" + SID + bytes(4))),
    "an unknown behaviour": listed(WEIGHT, sub_tlv(13, b"\x10\0" + SID + b"\xff" * 8)),
    "all SIDs zero": listed(WEIGHT, sub_tlv(13, bytes(18))),
    "all flags of a segment": listed(WEIGHT, sub_tlv(13, b"\xff\xff" + SID)),
    **{
        f"segment type {letter}": listed(WEIGHT, sub_tlv(kind, bytes(size)), ENDING)
        for letter, kind, size in (
            ("A", 1, 6), ("C", 3, 6), ("D", 4, 18), ("E", 5, 10), ("F", 6, 10), ("G", 7, 42),
            ("H", 8, 34), ("I", 14, 18), ("J", 15, 44), ("K", 16, 34),
        )
    },
    "segment type A of 2 octets": listed(WEIGHT, sub_tlv(1, bytes(2))),
}  # fmt: skip

SUB_TLVS: dict[str, Update] = {
    **{
        f"binding SID of {size} octets": policy(PREFERENCE, sub_tlv(13, bytes(size)), GOOD_LIST)
        for size in (0, 1, 2, 3, 4, 6, 17, 18, 26)
    },
    **{
        f"SRv6 binding SID of {size} octets": policy(sub_tlv(20, bytes(size)), GOOD_LIST)
        for size in (0, 1, 2, 18, 26)
    },
    "candidate path name last": policy(PREFERENCE, GOOD_LIST, sub_tlv(129, b"\0name")),
    "candidate path name first": policy(sub_tlv(129, b"\0name"), PREFERENCE, GOOD_LIST),
    "candidate path name of no octet": policy(PREFERENCE, GOOD_LIST, sub_tlv(129, b"")),
    "candidate path name that is no text": policy(GOOD_LIST, sub_tlv(129, b"\0\xff\xfe\x00")),
    "policy name": policy(PREFERENCE, GOOD_LIST, sub_tlv(130, b"\0name")),
    "preference of 4 octets": policy(sub_tlv(12, bytes(4)), GOOD_LIST),
    "preference of no octet": policy(sub_tlv(12, b""), GOOD_LIST),
    "two preferences": policy(PREFERENCE, PREFERENCE, GOOD_LIST),
    "priority of 1 octet": policy(sub_tlv(15, bytes(1)), GOOD_LIST),
    "ENLP of value 9": policy(sub_tlv(14, b"\0\0\x09"), GOOD_LIST),
    "ENLP of 3 octets": policy(sub_tlv(14, b"\0\0\x04"), GOOD_LIST),
    "ENLP of 1 octet": policy(sub_tlv(14, b"\0"), GOOD_LIST),
    "an unknown sub-TLV": policy(sub_tlv(99, b"what"), GOOD_LIST),
    "an unknown long sub-TLV": policy(sub_tlv(222, bytes(400)), GOOD_LIST),
    "encapsulation of 2 octets": policy(sub_tlv(1, bytes(2)), GOOD_LIST),
    "protocol of no octet": policy(sub_tlv(2, b""), GOOD_LIST),
    "color of 3 octets": policy(sub_tlv(4, bytes(3)), GOOD_LIST),
    "color that is no color": policy(sub_tlv(4, bytes(8)), GOOD_LIST),
    "UDP port of no octet": policy(sub_tlv(8, b""), GOOD_LIST),
    "egress endpoint of no octet": policy(sub_tlv(6, b""), GOOD_LIST),
    "egress endpoint of an unknown family": policy(sub_tlv(6, bytes(10)), GOOD_LIST),
    "egress endpoint cut short": policy(sub_tlv(6, bytes(4) + b"\0\2" + bytes(3)), GOOD_LIST),
    "a sub-TLV cut short": policy(GOOD_LIST, sub_tlv(12, bytes(2), says=6)),
    "a type alone": policy(GOOD_LIST, b"\x0c"),
    "a long type with half a length": policy(GOOD_LIST, b"\x81\0"),
}

TUNNELS: dict[str, Update] = {
    "no tunnel": (b"", BASIC + reach(nlri()), b""),
    "tunnel of another type": (b"", BASIC + reach(nlri()) + tunnel(GOOD_LIST, kind=8), b""),
    "tunnel that says too much": (b"", BASIC + reach(nlri()) + tunnel(GOOD_LIST, says=999), b""),
    "tunnel that says too little": (b"", BASIC + reach(nlri()) + tunnel(GOOD_LIST, says=9), b""),
    "tunnel attribute of no octet": (
        b"", BASIC + reach(nlri()) + attribute(0xC0, 23, b""), b""
    ),
    "tunnel attribute of 3 octets": (
        b"", BASIC + reach(nlri()) + attribute(0xC0, 23, bytes(3)), b""
    ),
    "two tunnels": (
        b"",
        BASIC
        + reach(nlri())
        + attribute(0xC0, 23, 2 * (struct.pack("!HH", 15, len(GOOD_LIST)) + GOOD_LIST)),
        b"",
    ),
    "tunnel attribute twice": beside(tunnel(GOOD_LIST)),
    "a tunnel on an IPv4 route": ipv4(BASIC + IPV4_HOP + tunnel(segment_list(SEGMENT))),
}  # fmt: skip

KEYS: dict[str, Update] = {
    **{f"NLRI of length {bits}": keyed(nlri(bits)) for bits in (0, 8, 24, 95, 191, 193, 255)},
    "NLRI of length 0 alone": keyed(b"\0"),
    "NLRI of length 24 alone": keyed(b"\x18abc"),
    "an IPv4 NLRI in the IPv6 family": keyed(nlri(96, bytes([10, 0, 0, 1]))),
    "NLRI cut in its endpoint": keyed(nlri(192, bytes(3))),
    "NLRI and one octet more": keyed(nlri() + b"\xc0"),
    "no NLRI": keyed(b""),
    "two NLRIs": keyed(nlri() + nlri()),
    "40 NLRIs": keyed(b"".join(nlri() for _ in range(40))),
    "an endpoint of zeros": keyed(nlri(endpoint=bytes(16))),
    **{f"next hop of {size} octets": keyed(nlri(), bytes(size)) for size in (0, 1, 4, 5, 15, 24)},
    "next hop with link-local": keyed(nlri(), HOP + IPv6Address("fe80::1").packed),
    "next hop of 48 octets": keyed(nlri(), bytes(48)),
    "a family that was not negotiated": keyed(nlri(96, bytes(4)), HOP, 1, 73),
    "an unknown family": keyed(nlri(), HOP, 99, 99),
    "IPv6 unicast of 129 bits": keyed(b"\x81" + bytes(17), HOP, 2, 1),
    "IPv6 unicast cut short": keyed(b"\x40" + bytes(2), HOP, 2, 1),
    "IPv6 unicast with bits behind the prefix": keyed(b"\x01\xff", HOP, 2, 1),
    "IPv4 unicast of 33 bits": keyed(b"\x21" + bytes(5), HOP, 1, 1),
    "withdraw of what was never there": (
        b"", attribute(OPTIONAL, 15, struct.pack("!HB", 2, 73) + nlri()), b""
    ),
    "withdraw of NLRI length 0": (b"", attribute(OPTIONAL, 15, b"\0\x02\x49\0"), b""),
    "withdraw of 1 octet": (b"", attribute(OPTIONAL, 15, b"\0"), b""),
    "MP_REACH_NLRI of 3 octets": (b"", BASIC + attribute(OPTIONAL, 14, b"\0\2\1"), b""),
}  # fmt: skip

ATTRIBUTES: dict[str, Update] = {
    "an unknown optional attribute": beside(attribute(OPTIONAL | TRANSITIVE, 222, b"what")),
    "an unknown well-known attribute": beside(attribute(TRANSITIVE, 222, b"what")),
    "an unknown attribute of 2000 octets": beside(attribute(OPTIONAL, 222, bytes(2000))),
    "700 communities": beside(community(8, 4, 700)),
    "200 extended communities": beside(community(16, 8, 200)),
    "200 large communities": beside(community(32, 12, 200)),
    "IPv6 extended communities": beside(community(25, 20, 10)),
    "a community of 3 octets": beside(community(8, 3, 1)),
    "an extended community of 7 octets": beside(community(16, 7, 1)),
    "a large community of 11 octets": beside(community(32, 11, 1)),
    "every type of extended community": beside(
        attribute(0xC0, 16, b"".join(struct.pack("!BB6x", kind, 2) for kind in range(256)))
    ),
    "local preference twice": beside(LOCAL_PREF),
    "origin twice": beside(ORIGIN),
    "MP_REACH_NLRI twice": beside(reach(nlri())),
    "a cluster list of 3 octets": beside(attribute(OPTIONAL, 10, bytes(3))),
    "an originator of 3 octets": beside(attribute(OPTIONAL, 9, bytes(3))),
    "an aggregator of 5 octets": beside(attribute(0xC0, 7, bytes(5))),
    "PMSI of 2 octets": beside(attribute(0xC0, 22, bytes(2))),
    "AIGP of 2 octets": beside(attribute(OPTIONAL, 26, bytes(2))),
    "BGP-LS of 3 octets": beside(attribute(OPTIONAL, 29, bytes(3))),
    "BGP-LS with an empty TLV": beside(attribute(OPTIONAL, 29, struct.pack("!HH", 1026, 0))),
    "prefix SID of 2 octets": beside(attribute(0xC0, 40, bytes(2))),
    "prefix SID with an empty service TLV": beside(attribute(0xC0, 40, b"\x05\0\x01\0")),
    "an attribute cut short": beside(attribute(0xC0, 8, bytes(2), says=200)),
    "an attribute header cut short": beside(b"\xc0\x08"),
    "origin of value 9": ipv4(attribute(TRANSITIVE, 1, b"\x09") + AS_PATH + IPV4_HOP),
    "origin of 2 octets": ipv4(attribute(TRANSITIVE, 1, b"\0\0") + AS_PATH + IPV4_HOP),
    "no origin": ipv4(AS_PATH + LOCAL_PREF + IPV4_HOP),
    "no attribute": ipv4(b""),
    "no next hop": ipv4(BASIC),
    "next hop 0.0.0.0": ipv4(BASIC + attribute(TRANSITIVE, 3, bytes(4))),
    "NEXT_HOP of 16 octets": ipv4(BASIC + attribute(TRANSITIVE, 3, HOP)),
    "NEXT_HOP of 3 octets": ipv4(BASIC + attribute(TRANSITIVE, 3, bytes(3))),
    "local preference of 3 octets": ipv4(
        ORIGIN + AS_PATH + IPV4_HOP + attribute(TRANSITIVE, 5, bytes(3))
    ),
    "AS path cut short": ipv4(ORIGIN + attribute(TRANSITIVE, 2, b"\x02\x05\0\1") + IPV4_HOP),
    "AS path of an unknown kind": ipv4(
        ORIGIN + attribute(TRANSITIVE, 2, b"\x09\x01" + bytes(4)) + IPV4_HOP
    ),
    "AS path of 255 hops": ipv4(
        ORIGIN + attribute(TRANSITIVE, 2, b"\x02\xff" + b"\0\0\xfd\xe9" * 255) + IPV4_HOP
    ),
    "an empty AS segment": ipv4(ORIGIN + attribute(TRANSITIVE, 2, b"\x02\0") + IPV4_HOP),
    "IPv4 prefix of 33 bits": ipv4(BASIC + IPV4_HOP, b"\x21" + bytes(5)),
    "IPv4 prefix cut short": ipv4(BASIC + IPV4_HOP, b"\x18\x0a"),
    "IPv4 default route": ipv4(BASIC + IPV4_HOP, b"\0"),
    "IPv4 multicast": ipv4(BASIC + IPV4_HOP, bytes([8, 224])),
    "withdrawn route of 255 bits": (b"\xff", b"", b""),
    "withdrawn default route": (b"\0", b"", b""),
}

CORPUS: dict[str, Update] = {**SEGMENT_LISTS, **SUB_TLVS, **TUNNELS, **KEYS, **ATTRIBUTES}


def body(update: Update) -> bytes:
    """The body of the UPDATE message."""
    withdrawn, attributes, routes = update
    parts = struct.pack("!H", len(withdrawn)) + withdrawn
    return parts + struct.pack("!H", len(attributes)) + attributes + routes
