"""A question and its answer, from the network of a node or pod, wherever that is."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from testbed.host.namespaces import in_netns
from testbed.observe.remote.exchange import Reads, open_socket, talk
from testbed.plan.model import Plan
from testbed.prove.in_lab import places


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
    limit = timeout * plan.slowness
    if plan.provider_traits.own_kernel:
        from testbed.observe.remote.guest import GuestPlace
        from testbed.observe.remote.guest_exchange import ask

        place = places(plan)(netns)
        if isinstance(place, GuestPlace):
            return ask(place, address, port, data, limit, reads)
    with in_netns(netns):
        opened = open_socket(address, reads)
    with opened:
        return talk(opened, address, port, data, limit, reads)
