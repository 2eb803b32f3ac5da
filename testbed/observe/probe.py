"""Tagged UDP probes, each a flow of its own, so that equal-cost branches may all show."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address

from testbed.errors import TestbedError
from testbed.host.namespaces import in_netns
from testbed.observe.tag import TAG_SIZE, Run

# traceroute's first port: nothing listens there, and firewalls of the field know it
FIRST_PORT = 33434
# "don't fragment" by family, whatever path MTU the kernel remembers: IP_MTU_DISCOVER (ip(7)) and
# IPV6_MTU_DISCOVER (ipv6(7)), which Python has no names for, and IP_PMTUDISC_PROBE of both
_WHOLE = {4: (socket.IPPROTO_IP, 10), 6: (socket.IPPROTO_IPV6, 23)}
_PMTUDISC_PROBE = 3


def send(
    netns: str,
    address: IPv4Address | IPv6Address,
    run: Run,
    count: int,
    source: IPv4Address | IPv6Address | None = None,
    size: int = TAG_SIZE,
) -> tuple[list[bytes], str | None]:
    """Send `count` probes from a namespace; returns their tags, and the error that stopped it.

    Every probe has its own ports, and so its own flow label. `size`: bytes of each probe's UDP
    payload; one longer than its tag may not be fragmented. An error is in the kernel's words
    ("Network is unreachable"). Raises TestbedError if the namespace cannot be entered.
    """
    tags: list[bytes] = []
    try:
        with in_netns(netns):
            for number in range(count):
                try:
                    _send_one(
                        address, source, FIRST_PORT + number, run.tag(number).rjust(size, b"\0")
                    )
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
    payload: bytes,
) -> None:
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        if source is not None:
            sender.bind((str(source), 0))
        if len(payload) > TAG_SIZE:
            sender.setsockopt(*_WHOLE[address.version], _PMTUDISC_PROBE)
        sender.sendto(payload, (str(address), port))
