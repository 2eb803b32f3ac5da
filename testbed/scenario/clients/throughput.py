"""TCP throughput between namespaces by the machine's iperf3: commands, and what it says; pure."""

from __future__ import annotations

import json
from ipaddress import IPv4Address, IPv6Address
from typing import cast

from testbed.json_types import JsonObject

FIRST_PORT = 5301
_AROUND = 60  # seconds after which an iperf3 is ended whose other end does not come
_NOT_YET = ("unable to connect", "refused", "busy")


def server(port: int, seconds: int) -> list[str]:
    """For one transfer."""
    return ["timeout", str(seconds + _AROUND), "iperf3", "--server", "--one-off", "-p", str(port)]


def client(address: IPv4Address | IPv6Address, port: int, seconds: int) -> list[str]:
    """The first second, of TCP's slow start, is left out."""
    words = ["iperf3", "--client", str(address), "-p", str(port), "--omit", "1", "--json"]
    return ["timeout", str(seconds + _AROUND), *words, "--time", str(seconds)]


def is_complete(text: str) -> bool:
    """Did it measure? Its exit code does not say: with --json it is 0 where nobody listened."""
    try:
        received_mbit(text)
    except (ValueError, KeyError, TypeError):
        return False
    return True


def is_not_ready(text: str) -> bool:
    """Is it that the server does not listen yet?"""
    return any(word in text for word in _NOT_YET)


def received_mbit(text: str) -> float:
    """Mbit/s that arrived. Raises ValueError or KeyError."""
    end = cast("dict[str, JsonObject]", json.loads(text)["end"])
    return round(float(cast(float, end["sum_received"]["bits_per_second"])) / 1e6, 2)
