"""A connection from the network of a node or pod, wherever that is."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Union

from testbed.host.namespaces import in_netns
from testbed.observe.numbered import family_of
from testbed.plan.model import Plan
from testbed.prove.in_lab import places

if TYPE_CHECKING:
    import paramiko

Connection = Union[socket.socket, "paramiko.Channel"]


def dial(
    plan: Plan,
    netns: str,
    address: IPv4Address | IPv6Address,
    port: int,
    timeout: float,
    udp: bool = False,
) -> Connection:
    """Connect from a namespace of the lab, or of one of its machines. Raises OSError."""
    if plan.virtual:
        from testbed.observe.remote import GuestPlace

        place = places(plan)(netns)
        if isinstance(place, GuestPlace):
            return place.connect(address, port, timeout, udp)
    with in_netns(netns):
        kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
        opened = socket.socket(family_of(address), kind)
    try:
        opened.settimeout(timeout)
        opened.connect((str(address), port))
    except BaseException:
        opened.close()
        raise
    return opened
