"""Checks identities and paths before gobgpd gets them, because it panics on malformed ones.

Nothing here repairs anything; an announcement that is not exactly well-formed is not sent.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from testbed.bgp import attributes, unicast
from testbed.bgp.errors import PathMalformed
from testbed.bgp.model import Announcement, DesiredBgp, Family
from testbed.errors import TestbedError
from testbed.srpolicy.bgp import tlv
from testbed.srpolicy.bgp.codec import CodecError, decode

_PATH_NAME = 129
_ENLP = 14
# octets that GoBGP indexes into without looking; it knows BINDING_SID of 2, and panics on it
_LENGTHS = {tlv.BINDING_SID: (6, 18), _ENLP: (3,)}


def check_identity(desired: DesiredBgp) -> None:
    """Refuse malformed addresses, on which StartBgp and AddPeer panic. Raises TestbedError."""
    try:
        ipaddress.IPv4Address(desired.router_id)
        for address in desired.listen_addresses:
            ipaddress.ip_address(address)
        for peer in desired.peers:
            ipaddress.ip_address(peer.address)
            if peer.local_address is not None:
                ipaddress.ip_address(peer.local_address)
    except ValueError as error:
        raise TestbedError("BGP identity is not usable", why=str(error)) from None
    numbers = {desired.asn, *(peer.asn for peer in desired.peers)}
    if not all(0 < number < 2**32 for number in numbers):
        raise TestbedError("BGP identity is not usable", why="AS numbers go from 1 to 4294967295")


def check_announcement(announcement: Announcement) -> None:
    """Raise PathMalformed unless this path is well-formed for its family."""
    found = {}
    for attribute in attributes.split(announcement.attrs):
        if attribute.type in found:
            raise PathMalformed(f"path attribute {attribute.type} appears twice")
        found[attribute.type] = attribute.value
    if attributes.ORIGIN not in found:
        raise PathMalformed("the path has no ORIGIN")
    attributes.next_hop(announcement.attrs)
    if attributes.MP_REACH_NLRI in found:
        _check_mp_reach(announcement, found[attributes.MP_REACH_NLRI])
    if announcement.family is Family.IPV6_SRPOLICY:
        _check_srpolicy(announcement, found.get(tlv.TUNNEL_ENCAPSULATION, b""))
    else:
        unicast.decode_nlri(announcement.family, announcement.nlri)


def _check_mp_reach(announcement: Announcement, value: bytes) -> None:
    reach = attributes.decode_mp_reach(value)
    if (reach.afi, reach.safi) != announcement.family.value or reach.nlri != announcement.nlri:
        raise PathMalformed("MP_REACH_NLRI is about another NLRI")


def _check_srpolicy(announcement: Announcement, tunnels: bytes) -> None:
    """Check what our codec refuses, then what only GoBGP cannot handle."""
    try:
        decode(announcement.nlri, announcement.attrs)
        _check_tunnels(tunnels)
    except CodecError as error:
        raise PathMalformed(error.what) from None


@lru_cache(maxsize=1024)  # of a thousand policies many go the same way
def _check_tunnels(tunnels: bytes) -> None:
    found = list(tlv.tunnels(tunnels))
    if len(found) != 1:
        raise PathMalformed("an SR Policy needs exactly one tunnel")
    kinds = [_check_sub_tlv(field) for field in tlv.sub_tlvs(found[0].value)]
    if tlv.SEGMENT_LIST not in kinds:
        raise PathMalformed("an SR Policy without segment list")


def _check_sub_tlv(field: tlv.Field) -> int:
    if len(field.value) not in _LENGTHS.get(field.type, (len(field.value),)):
        raise PathMalformed(f"sub-TLV {field.type} with {len(field.value)} octets")
    if field.type == _PATH_NAME:
        raise PathMalformed("candidate path names (129) crash a GoBGP that receives them")
    if field.type == tlv.SEGMENT_LIST:
        _check_segment_list(field.value)
    return field.type


def _check_segment_list(value: bytes) -> None:
    """A weight and at least one SRv6 SID; a GoBGP that prints a list without a weight crashes."""
    kinds = [field.type for field in tlv.sub_tlvs(value[1:])]
    if kinds.count(tlv.WEIGHT) != 1:
        raise PathMalformed("a segment list needs exactly one weight")
    if set(kinds) != {tlv.WEIGHT, tlv.SEGMENT_TYPE_B}:
        raise PathMalformed("a segment list needs segments of type B, and only those")
