"""Ranges that no IPPool may overlap: they are somebody's addresses, or mean something else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Reserved:
    """A range and whose it is, in words. `sids`: it holds SIDs, as pools of SIDs do."""

    network: Network
    owner: str
    sids: bool = False

    def __str__(self) -> str:
        return f"{self.owner} ({self.network})"


SPECIAL = tuple(
    Reserved(ip_network(text), owner)
    for text, owner in (
        ("0.0.0.0/8", "addresses of this network"),
        ("127.0.0.0/8", "loopback addresses"),
        ("169.254.0.0/16", "link-local addresses"),
        ("224.0.0.0/4", "multicast addresses"),
        ("240.0.0.0/4", "reserved and broadcast addresses"),
        ("::/127", "the unspecified and the loopback address"),
        ("::ffff:0:0/96", "IPv4-mapped addresses"),
        ("fe80::/10", "link-local addresses"),
        ("ff00::/8", "multicast addresses"),
    )
)


def conflict(
    cidr: Network, reserved: Iterable[Reserved], for_sids: bool = False
) -> Reserved | None:
    """What a pool overlaps, if anything; a pool of SIDs may overlap SIDs."""
    everything = (*reserved, *SPECIAL)
    return next(
        (
            one
            for one in everything
            if do_overlap(one.network, cidr) and not (for_sids and one.sids)
        ),
        None,
    )


def do_overlap(one: Network, other: Network) -> bool:
    """Have they an address in common?"""
    return one.version == other.version and one.overlaps(other)
