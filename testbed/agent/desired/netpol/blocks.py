"""IP blocks with exceptions, as networks that do not overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from testbed.agent.model.network_policy import IpBlock
from testbed.agent.model.objects import IpNetwork


def networks_of(blocks: Iterable[IpBlock]) -> list[IpNetwork]:
    """What any of the blocks holds: an exception of one ends nothing that another allows."""
    parts = [part for block in blocks for part in _parts(block)]
    v4 = [part for part in parts if isinstance(part, IPv4Network)]
    v6 = [part for part in parts if isinstance(part, IPv6Network)]
    return [*collapse_addresses(v4), *collapse_addresses(v6)]


def _parts(block: IpBlock) -> Iterable[IpNetwork]:
    found: list[IpNetwork] = [block.cidr]
    for gap in block.excepted:
        found = [part for one in found for part in _without(one, gap)]
    return found


def _without(network: IpNetwork, gap: IpNetwork) -> Iterator[IpNetwork]:
    if not network.overlaps(gap):  # both are of the block's family
        yield network
    elif gap.prefixlen > network.prefixlen:
        yield from network.address_exclude(gap)  # type: ignore[arg-type]
