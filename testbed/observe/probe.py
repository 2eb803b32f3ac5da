"""Tagged UDP probes, each a flow of its own, so that equal-cost branches may all show."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address

from testbed.errors import TestbedError
from testbed.host.namespaces import in_netns
from testbed.observe.tag import Run

# traceroute's first port: nothing listens there, and firewalls of the field know it
FIRST_PORT = 33434


def send(
    netns: str,
    address: IPv4Address | IPv6Address,
    run: Run,
    count: int,
    source: IPv4Address | IPv6Address | None = None,
) -> tuple[list[bytes], str | None]:
    """Send `count` probes from a namespace; returns their tags, and the error that stopped it.

    Every probe has its own ports, and so its own flow label. An error is in the kernel's words
    ("Network is unreachable"). Raises TestbedError if the namespace cannot be entered.
    """
    tags: list[bytes] = []
    try:
        with in_netns(netns):
            for number in range(count):
                try:
                    _send_one(address, source, FIRST_PORT + number, run.tag(number))
                except OSError as error:
                    return tags, error.strerror or str(error)
                tags.append(run.tag(number))
    except OSError as error:
        raise TestbedError(
            "no probe could be sent", why=f"{netns}: {error.strerror}", fix="testbed status"
        ) from None
    return tags, None


def _send_one(
    address: IPv4Address | IPv6Address,
    source: IPv4Address | IPv6Address | None,
    port: int,
    tag: bytes,
) -> None:
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        if source is not None:
            sender.bind((str(source), 0))
        sender.sendto(tag, (str(address), port))
