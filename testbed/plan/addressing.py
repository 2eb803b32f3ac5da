"""Derives addresses and SIDs by the paper's addressing scheme, for any topology.

Numbers appear in addresses as they are written: router 12 has fcff:12::1, not fcff:c::1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)

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


def link_v6(first: int, second: int, parallel: int) -> tuple[IPv6Interface, IPv6Interface]:
    """fcf0:0:A:B::1/64 and ::2/64; the second group counts parallel links."""
    prefix = f"fcf0:{parallel - 1}:{first}:{second}::"
    return IPv6Interface(f"{prefix}1/64"), IPv6Interface(f"{prefix}2/64")


def link_v4(index: int) -> tuple[IPv4Interface, IPv4Interface]:
    """10.K.0.1/16 and .2 for the K-th backbone link; /24s of 100.64.0.0/10 beyond 254.

    10.96.0.0/16 is left to Kubernetes' Services: the 96th link is the first beyond.
    """
    if index <= 254 and index != 96:
        return IPv4Interface(f"10.{index}.0.1/16"), IPv4Interface(f"10.{index}.0.2/16")
    beyond = 0 if index == 96 else index - 254
    network = IPv4Network((int(IPv4Address("100.64.0.0")) + beyond * 256, 24))
    return IPv4Interface((network[1], 24)), IPv4Interface((network[2], 24))


def host_v6(name: str, router: int, index: int) -> IPv6Interface:
    """fd00:0:XY::2/64 for hXY, else for the I-th host of router N fd00:0:NI:: or fd00:N:I::."""
    match = re.fullmatch(r"h([1-9][0-9])", name)
    if match:
        return IPv6Interface(f"fd00:0:{match.group(1)}::2/64")
    if router < 10 and index < 10:
        return IPv6Interface(f"fd00:0:{router}{index}::2/64")
    return IPv6Interface(f"fd00:{router}:{index}::2/64")


def injector_addresses() -> tuple[IPv6Interface, IPv4Interface]:
    """The addresses of the policy injector's host, as in the paper."""
    return IPv6Interface("fd00:0:34::2/64"), IPv4Interface("192.168.9.254/24")


def cluster_addresses(index: int) -> tuple[IPv6Interface, IPv4Interface]:
    """fd1J::1000/64 and 192.168.1J.254/24 for the J-th cluster node (J from 0)."""
    number = 10 + index
    return IPv6Interface(f"fd{number}::1000/64"), IPv4Interface(f"192.168.{number}.254/24")


def sid_pool(index: int) -> IPv6Network:
    """fcdd:0:0:aa::/64, then 11aa, 12aa …: the pool of the J-th cluster node's local SIDs."""
    return IPv6Network(f"fcdd:0:0:{10 + index if index else ''}aa::/64")


def router_end(address: IPv6Interface | IPv4Interface) -> IPv6Interface | IPv4Interface:
    """The router's address on a host's subnet: ::1, or .3 where the paper uses IPv4."""
    network = address.network
    offset = 1 if address.version == 6 else 3
    return type(address)((int(network.network_address) + offset, network.prefixlen))


def cluster_router_end(address: IPv6Interface) -> IPv6Interface:
    """The router's address on a cluster node's subnet: ::1020, as in the paper."""
    return IPv6Interface((int(address.network.network_address) + 0x1020, address.network.prefixlen))


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
