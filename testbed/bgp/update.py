"""Reads UPDATE messages (RFC 4271 §4.3) that are regular in every respect, and no others.

What gobgpd makes of an irregular one (it drops attributes, takes an announcement for a withdrawal,
or ends the session, RFC 7606) is gobgpd's business; who wants to know asks it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from testbed.bgp import attributes, guard, unicast
from testbed.bgp.attributes import Attribute
from testbed.bgp.errors import PathMalformed
from testbed.bgp.model import Announcement, Family
from testbed.srpolicy.bgp import tlv
from testbed.srpolicy.bgp.tlv import CodecError

_HEADER = struct.Struct("!16sHB")  # marker, length, type (RFC 4271 §4.1)
_UPDATE = 2
_MP_UNREACH_NLRI = 15
_OPTIONAL, _TRANSITIVE = attributes.OPTIONAL, attributes.TRANSITIVE
# attributes of regular announcements, with their flags; others may change what gobgpd does
_FLAGS = {
    attributes.ORIGIN: _TRANSITIVE,
    attributes.AS_PATH: _TRANSITIVE,
    attributes.LOCAL_PREF: _TRANSITIVE,
    attributes.MP_REACH_NLRI: _OPTIONAL,
    _MP_UNREACH_NLRI: _OPTIONAL,
    attributes.LARGE_COMMUNITY: _OPTIONAL | _TRANSITIVE,
    tlv.EXTENDED_COMMUNITIES: _OPTIONAL | _TRANSITIVE,
    tlv.TUNNEL_ENCAPSULATION: _OPTIONAL | _TRANSITIVE,
}
_SUB_TLVS = {tlv.PREFERENCE, tlv.PRIORITY, tlv.BINDING_SID, tlv.SRV6_BINDING_SID, tlv.SEGMENT_LIST}
_WHOLE = {attributes.LARGE_COMMUNITY: 12, tlv.EXTENDED_COMMUNITIES: 8}  # octets of one community
_NLRI_OCTETS = {Family.IPV6_SRPOLICY: 25}


class Irregular(Exception):
    """What gobgpd makes of this message cannot be told from its octets."""


@dataclass(frozen=True)
class Update:
    """What one message does to what its sender has announced: first it withdraws."""

    withdrawn: tuple[tuple[Family, bytes], ...] = ()
    announced: tuple[Announcement, ...] = ()


def parse(message: bytes) -> Update:
    """Read a whole BGP message; raises Irregular."""
    try:
        return _parse(message)
    except (CodecError, PathMalformed, struct.error, ValueError, IndexError) as error:
        raise Irregular(str(error)) from None


def _parse(message: bytes) -> Update:
    _, length, kind = _HEADER.unpack_from(message)
    if kind != _UPDATE or length != len(message):
        raise Irregular(f"message of type {kind}, {length} octets")
    body = message[_HEADER.size :]
    withdrawn, rest = _cut(body)
    attrs, plain = _cut(rest)
    if plain:
        raise Irregular("IPv4 routes outside of MP_REACH_NLRI")
    found = _regular_attributes(attrs)
    gone = [(Family.IPV4_UNICAST, nlri) for nlri in _split_nlris(Family.IPV4_UNICAST, withdrawn)]
    unreach = found.pop(_MP_UNREACH_NLRI, None)
    if unreach is not None:
        gone += _read_unreach(unreach.value)
    if not found:
        return Update(tuple(gone))
    return Update(tuple(gone), tuple(_read_reach(found)))


def _cut(data: bytes) -> tuple[bytes, bytes]:
    """The octets that a length of two octets announces, and what follows."""
    end = 2 + int.from_bytes(data[:2], "big")
    if len(data) < max(2, end):
        raise Irregular("a length runs over the end")
    return data[2:end], data[end:]


def _regular_attributes(attrs: bytes) -> dict[int, Attribute]:
    found: dict[int, Attribute] = {}
    for attribute in attributes.split(attrs):
        kind = attribute.type
        flags = attribute.flags & ~attributes.EXTENDED_LENGTH
        if kind in found or _FLAGS.get(kind) != flags or not _has_regular_value(attribute):
            raise Irregular(f"path attribute {kind}")
        found[kind] = attribute
    return found


def _has_regular_value(attribute: Attribute) -> bool:
    value = attribute.value
    if attribute.type == attributes.ORIGIN:
        return len(value) == 1 and value[0] <= 2
    if attribute.type == attributes.AS_PATH:  # else gobgpd looks for loops
        return not value
    if attribute.type == attributes.LOCAL_PREF:
        return len(value) == 4
    if attribute.type in _WHOLE:
        return bool(value) and len(value) % _WHOLE[attribute.type] == 0
    return True


def _read_unreach(value: bytes) -> Iterator[tuple[Family, bytes]]:
    if len(value) < 3:
        raise Irregular(f"MP_UNREACH_NLRI of {len(value)} octets")
    family = Family((int.from_bytes(value[:2], "big"), value[2]))
    return ((family, nlri) for nlri in _split_nlris(family, value[3:]))


def _read_reach(found: Mapping[int, Attribute]) -> Iterator[Announcement]:
    """One announcement per NLRI, each with an MP_REACH_NLRI of its own, as gobgpd keeps them."""
    required = {attributes.ORIGIN, attributes.AS_PATH, attributes.LOCAL_PREF}
    if missing := {*required, attributes.MP_REACH_NLRI} - found.keys():
        raise Irregular(f"no path attribute {min(missing)}")
    value = found[attributes.MP_REACH_NLRI].value
    reach = attributes.decode_mp_reach(value)
    family = Family((reach.afi, reach.safi))
    if value[3] != 16 or value[20] != 0 or not reach.nlri:
        raise Irregular("no NLRI, or a next hop that is not one IPv6 address")
    _check_tunnel(family, found)
    for nlri in _split_nlris(family, reach.nlri):
        mine = attributes.encode_mp_reach(family, reach.next_hop, nlri)
        attrs = b"".join(
            mine if a.type == attributes.MP_REACH_NLRI else a.raw for a in found.values()
        )
        announcement = Announcement(family, nlri, attrs)
        guard.check_announcement(announcement)
        yield announcement


def _check_tunnel(family: Family, found: Mapping[int, Attribute]) -> None:
    """Only with an SR Policy, and with nothing in it that gobgpd alone would look into."""
    if tlv.TUNNEL_ENCAPSULATION not in found:
        return
    if family is not Family.IPV6_SRPOLICY:
        raise Irregular("a tunnel on a prefix")
    if strange := _find_sub_tlvs(found[tlv.TUNNEL_ENCAPSULATION].value) - _SUB_TLVS:
        raise Irregular(f"sub-TLV {min(strange)}")


@lru_cache(maxsize=1024)  # of a thousand policies many go the same way
def _find_sub_tlvs(tunnels: bytes) -> frozenset[int]:
    fields = (field for one in tlv.tunnels(tunnels) for field in tlv.sub_tlvs(one.value))
    return frozenset(field.type for field in fields)


def _split_nlris(family: Family, data: bytes) -> Iterator[bytes]:
    """NLRIs in the one form that they can have: gobgpd puts others into it."""
    while data:
        length = _NLRI_OCTETS.get(family, 1 + (data[0] + 7) // 8)
        nlri, data = data[:length], data[length:]
        if family is Family.IPV6_SRPOLICY:
            if len(nlri) != length or nlri[0] != tlv.NLRI_BITS:
                raise Irregular("SR Policy NLRI")
        elif unicast.encode_nlri(unicast.decode_nlri(family, nlri)) != nlri:
            raise Irregular("bits behind a prefix")
        yield nlri
