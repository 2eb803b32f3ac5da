"""Echo requests by the machine's `ping`: its command, and what it says; pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

INTERVAL = 0.01  # seconds between two requests
PATIENCE = 2  # seconds for the last answer
_HEADERS = {4: 20 + 8, 6: 40 + 8}  # bytes of IP and ICMP, by family
_ANSWER = re.compile(r"icmp_seq=\d+ .*?time=([\d.]+) ms")


def command(address: IPv4Address | IPv6Address, count: int, size: int = 0) -> list[str]:
    """`size` of packets in bytes, which are not fragmented; 0: as ping makes them."""
    sized = ["-M", "do", "-s", str(size - _HEADERS[address.version])] if size else []
    words = ["ping", "-n", "-i", str(INTERVAL), "-c", str(count), "-W", str(PATIENCE)]
    return [*words, *sized, str(address)]


def answered(text: str) -> list[float]:
    """Milliseconds of each answer."""
    return [float(found) for found in _ANSWER.findall(text)]
