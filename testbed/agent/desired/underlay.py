"""What the node's own routing table reaches: the routes that are not the agent's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv6Address, IPv6Network

from testbed.agent.desired.routes import PROTOCOL
from testbed.json_types import JsonObject, get_objects

_UNICAST = "1"  # RTN_UNICAST: with -N, types are numbers


@dataclass(frozen=True)
class Underlay:
    """The main table's IPv6 prefixes; `refused`: unreachable, blackholes or the like."""

    routed: frozenset[IPv6Network] = frozenset()
    refused: frozenset[IPv6Network] = frozenset()

    def reaches(self, address: IPv6Address) -> bool:
        """Does the longest prefix that holds the address lead anywhere?"""
        for length in self._lengths:
            prefix = IPv6Network((address, length), strict=False)
            if prefix in self.routed or prefix in self.refused:
                return prefix in self.routed
        return False

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({prefix.prefixlen for prefix in self.routed | self.refused}, reverse=True)


def parse(listed: Iterable[JsonObject]) -> Underlay:
    """From `ip -N -j -6 route show table main`; of one prefix the lowest metric counts.

    Raises KeyError or ValueError for what is not understood.
    """
    best: dict[IPv6Network, tuple[int, bool]] = {}
    for entry in listed:
        if str(entry.get("protocol")) == str(PROTOCOL) or not _is_alive(entry):
            continue
        prefix = IPv6Network("::/0" if entry["dst"] == "default" else str(entry["dst"]))
        leads = str(entry.get("type", _UNICAST)) == _UNICAST
        found = int(str(entry.get("metric", 0))), leads
        best[prefix] = min(best.get(prefix, found), found)
    return Underlay(
        frozenset(prefix for prefix, (_, leads) in best.items() if leads),
        frozenset(prefix for prefix, (_, leads) in best.items() if not leads),
    )


def _is_alive(entry: JsonObject) -> bool:
    """Is there a next hop that the kernel would use?"""
    hops = get_objects(entry, "nexthops") if "nexthops" in entry else [entry]
    return any("dead" not in str(hop.get("flags", "")) for hop in hops)
