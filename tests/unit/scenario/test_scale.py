"""What scenarios of scale decide, what `ping` tells them, and what programs take."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from testbed.scenario.api.scale import in_a_ring, next_batch, percentile
from testbed.scenario.api.usage import Usage, kernel_memory
from testbed.scenario.clients import pings


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([3.0], 95, 3.0), ([5, 1, 4, 2, 3], 50, 3), (range(1, 21), 95, 19), (range(1, 21), 100, 20)],
)
def test_percentiles(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("made", "most", "used", "expected"),
    [
        (0, 100, 0, 30),  # how much one takes is not known yet
        (0, 10, 0, 10),
        (30, 100, 300, 30),  # 10 MiB each
        (90, 100, 900, 10),
        (90, 500, 900, 10),  # of 1,000 MiB the last hundred
        (100, 500, 1000, 0),
        (100, 500, 1100, 0),
        (30, 100, -5, 30),  # others gave memory back meanwhile
        (100, 100, 10, 0),
    ],
)
def test_as_many_as_have_room(made: int, most: int, used: float, expected: int) -> None:
    assert next_batch(made, most, used, 1000, 30) == expected


def test_a_ring() -> None:
    assert in_a_ring("abc") == [("a", "b"), ("b", "c"), ("c", "a")]
    assert in_a_ring("a") == in_a_ring("") == []


def test_a_packet_of_a_size_is_asked_for() -> None:
    """Headers of IP and ICMP are a part of it."""
    for text, payload in (("192.0.2.1", "1256"), ("2001:db8::1", "1236")):
        command = pings.command(ip_address(text), 1, 1284)
        assert command[-5:] == ["-M", "do", "-s", payload, text]
    assert "-s" not in pings.command(ip_address("192.0.2.1"), 20)


def test_answers_are_counted() -> None:
    text = """PING 192.0.2.1 (192.0.2.1) 56(84) bytes of data.
64 bytes from 192.0.2.1: icmp_seq=1 ttl=60 time=0.415 ms
From 192.0.2.9 icmp_seq=2 Destination Host Unreachable
64 bytes from 192.0.2.1: icmp_seq=3 ttl=60 time=12 ms
"""
    assert pings.answered(text) == [0.415, 12.0]
    assert pings.answered("ping: local error: message too long, mtu: 1284") == []


def test_what_programs_take_is_seen() -> None:
    usage = Usage()
    assert usage.programs() > 0 and usage.kernel() > 0
    assert usage.agents().cpu >= 0


def test_memory_of_the_kernel() -> None:
    rows = (
        "MemTotal: 2048 kB\nSlab: 99 kB\nSUnreclaim: 1024 kB\nPercpu: 512 kB\nHugePages_Free: 0\n"
    )
    assert kernel_memory(rows) == 1.5
