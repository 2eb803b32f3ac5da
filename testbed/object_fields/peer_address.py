"""The peerIP of a BGPPeer: 192.0.2.1, 192.0.2.1:179, fd00::1 or [fd00::1]:179."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

BGP_PORT = 179
_WITH_PORT = re.compile(
    r"\[(?P<v6>[^\]]*)\](:(?P<port6>.*))?|(?P<v4>[^:]*):(?P<port4>[^:]*)", re.DOTALL
)


def peer_address(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    """The address and the port. Raises ValueError."""
    found = _WITH_PORT.fullmatch(text)
    if found is None:
        return ip_address(text), BGP_PORT
    port = found["port4"] if found["v6"] is None else found["port6"]
    return ip_address(found["v6"] or found["v4"] or ""), _port(port)


def _port(text: str | None) -> int:
    if text is None:
        return BGP_PORT
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise ValueError(f"port {text[:20]!r} is not a number from 1 to 65535")
    return int(text)
