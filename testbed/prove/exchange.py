"""A request and its answer, from the network of a node or pod, wherever that is."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from testbed.lab.access.places import places
from testbed.observe.remote.exchange import Reads
from testbed.plan.model import Plan


def exchange(
    plan: Plan,
    netns: str,
    address: IPv4Address | IPv6Address,
    port: int,
    data: bytes,
    timeout: float,
    reads: Reads = "all",
) -> bytes:
    """The answer to `data`, over a connection of its own; see testbed.observe.remote.exchange.

    `timeout` in seconds, between namespaces. Raises OSError.
    """
    place = places(plan)(netns)
    return place.exchange(address, port, data, timeout * plan.slowness, reads)
