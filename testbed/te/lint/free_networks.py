"""Finds a network that an IPPool could have instead of one that is taken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from testbed.object_fields.reserved import Network, Reserved, conflict

# Where networks of one's own may lie (RFC 1918, RFC 4193): searched in this order.
_PRIVATE = {
    4: ("172.16.0.0/12", "10.0.0.0/8", "192.168.0.0/16"),
    6: ("fd00::/8",),
}


def free_network(
    wanted: Network, taken: Iterable[Reserved], first: Network | None
) -> Network | None:
    """A network as large as `wanted` that overlaps nothing; a smaller one if there is none.

    It lies in `first` if there is room, else in a private range.
    """
    taken = list(taken)
    spaces = [*([first] if first else []), *map(ip_network, _PRIVATE[wanted.version])]
    for length in range(wanted.prefixlen, wanted.max_prefixlen + 1):
        for space in spaces:
            if length >= space.prefixlen and (found := _first_free(space, length, taken)):
                return found
    return None


def _first_free(space: Network, length: int, taken: Sequence[Reserved]) -> Network | None:
    size = 1 << (space.max_prefixlen - length)
    at, last = int(space.network_address), int(space.broadcast_address)
    while at <= last:
        candidate = type(space)((at, length))
        occupied = conflict(candidate, taken)
        if occupied is None:
            return candidate
        behind = max(int(occupied.network.broadcast_address), at) + 1
        at = -(-behind // size) * size  # the next multiple
    return None
