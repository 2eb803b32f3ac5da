"""Derives addresses and SIDs by the paper's addressing scheme, for any topology.

Numbers appear in addresses as they are written: router 12 has fcff:12::1, not fcff:c::1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)

from testbed import usid

IPv6Pair = tuple[IPv6Interface, IPv6Interface]
IPv4Pair = tuple[IPv4Interface, IPv4Interface]

# Where automatic subnets lie: those of links, of injectors, of all that is behind a router.
LINKS_V6, INJECTORS_V6 = IPv6Network("fcf0::/16"), IPv6Network("fd00::/32")
ACCESS_V6 = IPv6Network("fd00::/8")

INTERFACE_NAME_MAX = 15  # IFNAMSIZ - 1


def interface_name(node: str, neighbour: str, parallel: int = 1) -> str:
    """`r3-r4`; further parallel links are `r3-r4.2`, `r3-r4.3` …"""
    return f"{node}-{neighbour}" + (f".{parallel}" if parallel > 1 else "")


def trailing_number(name: str) -> int | None:
    """The N of `rN` (1 to 9999), or None."""
    match = re.fullmatch(r"[a-z]+0*([1-9][0-9]{0,3})", name)
    return int(match.group(1)) if match else None


def router_loopbacks(number: int) -> tuple[IPv6Address, IPv4Address]:
    """fcff:N::1 and 10.255.255.N (10.255.254.x from N = 256 on)."""
    v4 = IPv4Address(f"10.255.{255 - number // 256}.{number % 256}")
    return IPv6Address(f"fcff:{number}::1"), v4


ROUTER_SIDS = IPv6Network("5f00::/32")  # of 5f00::/16, which RFC 9602 sets aside for SIDs
_FIRST_ADJACENCY = 0xE000  # functions that no router's number is (RFC 9800: the local block)
_ADJACENCIES = 0x1000  # with one function each; a router with more has a further 16 bits


def locator(number: int) -> IPv6Network:
    """5f00:0:N::/48: where router N has its SIDs of adjacencies."""
    return IPv6Network(f"5f00:0:{number}::/48")


def adjacency_sid(number: int, index: int) -> IPv6Address:
    """5f00:0:N:e001::, e002 …: the SID of router N's I-th adjacency, I from 1."""
    more, function = divmod(index, _ADJACENCIES)
    suffix = (_FIRST_ADJACENCY + function) << 64 | more << 48
    return IPv6Address(int(locator(number).network_address) | suffix)


_DECAPSULATING = {6: 0xD006, 4: 0xD004}  # by what is inside; no router's number either


def decapsulating_sid(number: int, version: int) -> IPv6Address:
    """5f00:0:N:d006:: and :d004::: where router N unpacks IPv6 and IPv4 of a repair."""
    return IPv6Address(int(locator(number).network_address) | _DECAPSULATING[version] << 64)


MICRO_SIDS = 16  # of a router, and of a cluster node: one hexadecimal digit behind its number
MOST_ROUTER = 999  # that has any
_FIRST_NODE = 0xE01
_DT = {4: 4, 6: 6}  # the digit of a node's SID, by what is inside


def router_micro_sids(number: int) -> IPv6Network | None:
    """5f00:N0::/28: micro SIDs of router N, the first its uN; None of numbers beyond 999."""
    return _micro_sids(int(str(number), 16)) if number <= MOST_ROUTER else None


def adjacency_micro_sid(number: int, index: int) -> IPv6Address | None:
    """5f00:N1::, N2 to Nf: the uA of router N's I-th adjacency, I from 1; None if there is none."""
    network = router_micro_sids(number)
    if network is None or index >= MICRO_SIDS:
        return None
    return IPv6Address(int(network.network_address) | index << 96)


def node_micro_sids(index: int) -> IPv6Network:
    """5f00:e010::/28, then e020 …: micro SIDs of the J-th cluster node; its pool of local SIDs."""
    return _micro_sids(_FIRST_NODE + index)


def decapsulating_micro_sid(pool: IPv6Network, version: int) -> IPv6Address:
    """A node's, by what is inside: 5f00:e014:: for IPv4, e016 for IPv6."""
    return IPv6Address(int(pool.network_address) | _DT[version] << 96)


def _micro_sids(number: int) -> IPv6Network:
    return IPv6Network((usid.micro_sid(number * MICRO_SIDS), 28))


def host_network(address: IPv6Address | IPv4Address) -> IPv6Network | IPv4Network:
    """The network of this one address."""
    return IPv6Network(address) if isinstance(address, IPv6Address) else IPv4Network(address)


def links_v6(first: int, second: int) -> Iterator[IPv6Pair]:
    """fcf0:0:A:B::1/64 and ::2/64 between routers A and B, then fcf0:1:A:B::/64 …"""
    for parallel in range(10000):
        prefix = f"fcf0:{parallel}:{first}:{second}::"
        yield IPv6Interface(f"{prefix}1/64"), IPv6Interface(f"{prefix}2/64")


def link_v4(index: int) -> Iterator[IPv4Pair]:
    """10.K.0.1/16 and .2 for the K-th backbone link, K up to 254.

    10.96.0.0/16 is left to Kubernetes' Services.
    """
    if index <= 254 and index != 96:
        yield IPv4Interface(f"10.{index}.0.1/16"), IPv4Interface(f"10.{index}.0.2/16")


def further_links_v4() -> Iterator[IPv4Pair]:
    """The /24s of 100.64.0.0/10, for backbone links that have no 10.K.0.0/16."""
    for network in IPv4Network("100.64.0.0/10").subnets(new_prefix=24):
        yield IPv4Interface((network[1], 24)), IPv4Interface((network[2], 24))


def hosts_v6(name: str, router: int, index: int) -> Iterator[IPv6Interface]:
    """fd00:0:XY::2/64 for hXY, else for the I-th host of router N fd00:0:NI:: or fd00:N:I::."""
    match = re.fullmatch(r"h([1-9][0-9])", name)
    if match:
        yield IPv6Interface(f"fd00:0:{match.group(1)}::2/64")
    elif router < 10 and index < 10:
        yield IPv6Interface(f"fd00:0:{router}{index}::2/64")
    for number in range(index, 10000):
        yield IPv6Interface(f"fd00:{router}:{number}::2/64")


def injectors_v6() -> Iterator[IPv6Interface]:
    """fd00:0:34::2/64, as in the paper, then fd00:0:100::2/64 …"""
    for number in (34, *range(100, 10000)):
        yield IPv6Interface(f"fd00:0:{number}::2/64")


def injectors_v4() -> Iterator[IPv4Interface]:
    """192.168.9.254/24, as in the paper, then 192.168.8.254/24 …"""
    for number in range(9, -1, -1):
        yield IPv4Interface(f"192.168.{number}.254/24")


def cluster_v6(index: int) -> Iterator[IPv6Interface]:
    """fd1J::1000/64 for the J-th cluster node (J from 0), from fd99 on fd10:100::1000/64 …"""
    number = 10 + index
    if number < 100:
        yield IPv6Interface(f"fd{number}::1000/64")
    for further in range(max(number, 100), 10000):
        yield IPv6Interface(f"fd10:{further}::1000/64")


def cluster_v4(index: int) -> Iterator[IPv4Interface]:
    """192.168.1J.254/24 for the J-th cluster node (J from 0), beyond 255 from 8 down to 0."""
    if 10 + index < 256:
        yield IPv4Interface(f"192.168.{10 + index}.254/24")
    for number in range(8, -1, -1):
        yield IPv4Interface(f"192.168.{number}.254/24")


def sid_pool(index: int) -> IPv6Network:
    """fcdd:0:0:aa::/64, then 11aa, 12aa …: the pool of the J-th cluster node's local SIDs.

    From the 91st node on it is fcdd:0:1:aa::/64, fcdd:0:1:1aa::/64 …
    """
    hundreds, number = divmod(10 + index if index else 0, 100)
    return IPv6Network(f"fcdd:0:{hundreds}:{number or ''}aa::/64")


ROUTER_END = {6: 1, 4: 3}  # of a router on a host's subnet: ::1, or .3 where the paper uses IPv4
CLUSTER_ROUTER_END = {6: 0x1020, 4: 3}  # and on a cluster node's: ::1020
HOST_END = {6: 2, 4: 2}  # of a host on the subnet of its router's address


def pick(pool: IPv6Network, key: str, taken: Collection[IPv6Address]) -> IPv6Address:
    """An address inside `pool`, derived from `key` alone, that is not in `taken`.

    The same key gives the same SID in every run, which is what makes runs comparable.
    """
    size = pool.num_addresses
    offset = int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "big") % size
    for step in range(min(size, 1 << 16)):
        candidate = IPv6Address(int(pool.network_address) + (offset + step) % size)
        if candidate != pool.network_address and candidate not in taken:
            return candidate
    raise ValueError(f"no free address in {pool}")
