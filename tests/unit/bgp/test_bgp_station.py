"""A BMP stream tells what peers sent, whatever else is in it."""

from __future__ import annotations

import io
import queue
import socket
import struct

import pytest

from testbed.bgp.station import (
    HOST,
    Begun,
    PeerSent,
    Report,
    SessionBegun,
    Station,
    listen,
    reports,
)

SIX = bytes.fromhex("fd00000000000000000000000000000a")
FOUR = bytes(12) + bytes([10, 0, 0, 1])


def message(kind: int, flags: int = 0, address: bytes = FOUR, rest: bytes = b"") -> bytes:
    body = struct.pack("!BBQ16s16x", 0, flags, 0, address) + rest
    return struct.pack("!BIB", 3, 6 + len(body), kind) + body


def read(stream: bytes) -> list[Report]:
    return list(reports(io.BytesIO(stream)))


def test_what_is_reported_names_its_peer() -> None:
    stream = (
        message(4) + message(3) + message(0, rest=b"update") + message(2) + message(0, 0x80, SIX)
    )
    assert read(stream) == [
        Begun(),
        SessionBegun("10.0.0.1"),
        PeerSent("10.0.0.1", b"update"),
        PeerSent("fd00::a", b""),
    ]


@pytest.mark.parametrize("odd", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x03\0\0\0\x02\0", b"\x03\xff"])
def test_what_is_no_bmp_ends_the_stream(odd: bytes) -> None:
    assert read(message(0) + odd) == [PeerSent("10.0.0.1", b"")]


def test_a_message_that_is_cut_names_nobody() -> None:
    assert read(message(0)[:20]) == []


def test_the_station_takes_one_connection_after_the_other_and_ends() -> None:
    heard: queue.SimpleQueue[Report] = queue.SimpleQueue()
    station = Station(listen(), heard.put)
    for address in (FOUR, bytes(12) + bytes([10, 0, 0, 2])):
        with socket.create_connection((HOST, station.port)) as connection:
            connection.sendall(message(0, 0, address))
            assert heard.get(timeout=10) == PeerSent(f"10.0.0.{address[-1]}", b"")
    with socket.create_connection((HOST, station.port)):
        station.close()
