"""Keeps the networks that are in use, and says whether another one overlaps them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


class Subnets:
    """A set of networks of both families."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._first: dict[int, list[int]] = {4: [], 6: []}  # first addresses, sorted
        self._by_length: dict[tuple[int, int], set[int]] = {}  # (family, prefix length) → the same
        for network in networks:
            self.add(network)

    def add(self, network: Network) -> None:
        """Take this network."""
        first = int(network.network_address)
        insort(self._first[network.version], first)
        self._by_length.setdefault((network.version, network.prefixlen), set()).add(first)

    def overlap(self, network: Network) -> bool:
        """True if one of the set holds, is, or lies in this network."""
        first, last = int(network.network_address), int(network.broadcast_address)
        starts = self._first[network.version]
        position = bisect_left(starts, first)
        if position < len(starts) and starts[position] <= last:
            return True
        return self.hold(network)

    def hold(self, network: Network) -> bool:
        """True if this network is one of the set, or lies in one."""
        first = int(network.network_address)
        return any(
            family == network.version
            and length <= network.prefixlen
            and _cut(first, network.max_prefixlen - length) in firsts
            for (family, length), firsts in self._by_length.items()
        )


def _cut(address: int, host_bits: int) -> int:
    return address >> host_bits << host_bits
