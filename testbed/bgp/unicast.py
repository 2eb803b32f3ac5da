"""Encodes and decodes unicast routes; IPv4 prefixes may have an IPv6 next hop (RFC 8950)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from testbed.bgp import attributes
from testbed.bgp.attributes import IpAddress
from testbed.bgp.errors import PathMalformed
from testbed.bgp.model import Announcement, Family

if TYPE_CHECKING:
    from collections.abc import Iterable

    from testbed.bgp.model import ReceivedPath

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_BITS = {Family.IPV4_UNICAST: 32, Family.IPV6_UNICAST: 128}


@dataclass(frozen=True)
class UnicastRoute:
    """A prefix behind a next hop, as one peer announced it."""

    peer: str
    prefix: IpNetwork
    next_hop: IpAddress


def encode_nlri(prefix: IpNetwork) -> bytes:
    """Prefix length in bits, then only the octets that it fills (RFC 4271 §4.3)."""
    return bytes([prefix.prefixlen]) + prefix.network_address.packed[: (prefix.prefixlen + 7) // 8]


def decode_nlri(family: Family, nlri: bytes) -> IpNetwork:
    """Read one NLRI; raises PathMalformed. Bits beyond the prefix do not count (RFC 4271 §4.3)."""
    bits = _BITS.get(family)
    if bits is None:
        raise PathMalformed(f"{family.name} is not a unicast family")
    if not nlri or nlri[0] > bits:
        raise PathMalformed(f"prefix length {nlri[0] if nlri else 'missing'} in {family.name}")
    if len(nlri) != 1 + (nlri[0] + 7) // 8:
        raise PathMalformed(f"/{nlri[0]} in {len(nlri) - 1} octets")
    address = ipaddress.ip_address(nlri[1:].ljust(bits // 8, b"\0"))
    return ipaddress.ip_network((address, nlri[0]), strict=False)


def announce(
    prefix: IpNetwork, next_hop: IpAddress, local_pref: int = 100, community: str = ""
) -> Announcement:
    """The announcement of one prefix: Origin IGP, empty AS_PATH, LOCAL_PREF, MP_REACH_NLRI.

    `community`: a large community that marks it.
    """
    family = Family.IPV4_UNICAST if prefix.version == 4 else Family.IPV6_UNICAST
    nlri = encode_nlri(prefix)
    attrs = attributes.basic(local_pref) + attributes.encode_mp_reach(family, next_hop, nlri)
    mark = attributes.encode_large_community(community) if community else b""
    return Announcement(family, nlri, attrs + mark)


def decode(path: ReceivedPath) -> UnicastRoute:
    """Read one received path; raises PathMalformed."""
    prefix = decode_nlri(path.family, path.nlri)
    return UnicastRoute(path.peer, prefix, attributes.next_hop(path.attrs))


def decode_all(paths: Iterable[ReceivedPath]) -> tuple[list[UnicastRoute], list[str]]:
    """Every unicast route that can be read, and a sentence for every path that cannot."""
    routes, faults = [], []
    for path in paths:
        if path.family not in _BITS:
            continue
        try:
            routes.append(decode(path))
        except PathMalformed as error:
            faults.append(f"bad path from peer {path.peer}: {error.what}")
    return routes, faults
