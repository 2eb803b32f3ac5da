"""pcap streams in, one pcapng stream out; what comes out is read back by scapy."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from scapy.utils import PcapNgReader, RawPcapNgReader

from testbed.observe.merge import HOLD, Merger, Order
from testbed.observe.pcap import Header, Packet, PcapReader

SECOND = 10**9
NOW = 1_700_000_000 * SECOND
MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D
ETHERNET, ANY = 1, 276
FORMS = [(order, magic) for order in "<>" for magic in (MICRO, NANO)]
Sent = tuple[int, bytes]  # nanoseconds after NOW, data


def stream(
    packets: Sequence[Sent], order: str = "<", magic: int = NANO, link_type: int = ETHERNET
) -> bytes:
    """As tcpdump writes it."""
    whole = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for after, data in packets:
        seconds, rest = divmod(NOW + after, SECOND)
        fraction = rest // (1000 if magic == MICRO else 1)
        whole += struct.pack(order + "IIII", seconds, fraction, len(data), len(data) + 10) + data
    return whole


def cooked(index: int, kind: int, data: bytes) -> bytes:
    """A packet of the interface `any`, which has the interface's index and a direction."""
    return struct.pack(">HHIHBB8s", 0x86DD, 0, index, 1, kind, 6, bytes(8)) + data


@pytest.mark.parametrize(("order", "magic"), FORMS)
@pytest.mark.parametrize("piece", [1, 7, 16, 1000])
def test_a_stream_is_read_in_pieces_of_any_size(order: str, magic: int, piece: int) -> None:
    sent = [(5_000, b"first"), (SECOND + 7_000, b""), (2 * SECOND, b"third")]
    data = stream(sent, order, magic)
    reader, got = PcapReader(), []
    for start in range(0, len(data), piece):
        got += reader.feed(data[start : start + piece])
    assert reader.header == Header(ETHERNET, 65535)
    assert got == [Packet(NOW + after, data, len(data) + 10) for after, data in sent]


def test_a_truncated_packet_is_none() -> None:
    data = stream([(0, b"whole"), (1, b"cut off")])
    for missing in (1, 7, 8, 22):
        reader = PcapReader()
        assert [p.data for p in reader.feed(data[:-missing])] == [b"whole"]


@pytest.mark.parametrize(
    "data", [b"Welcome to this machine!", stream([]) + struct.pack("<IIII", 0, 0, 1 << 30, 1)]
)
def test_what_is_no_pcap_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no pcap"):
        PcapReader().feed(data)


def packet(after: int) -> Packet:
    return Packet(NOW + after, b"x", 1)


def given(order: Order, now: float) -> list[tuple[str, int]]:
    return [(source, p.time_ns - NOW) for source, p in order.take(now)]


def test_a_packet_waits_for_earlier_ones_of_the_others() -> None:
    order = Order("ab")
    order.add("a", [packet(1), packet(4)], 0.0)
    assert given(order, 0.0) == []
    order.add("b", [packet(2), packet(3)], 0.1)
    assert given(order, 0.1) == [("a", 1), ("b", 2), ("b", 3)]
    assert order.patience(0.1) is not None


def test_a_silent_source_holds_nothing_up_for_long() -> None:
    order = Order("ab")
    order.add("a", [packet(1)], 0.0)
    assert order.patience(0.0) == HOLD
    assert given(order, HOLD - 0.01) == []
    assert given(order, HOLD) == [("a", 1)]
    assert order.patience(HOLD) is None


def test_a_source_that_ended_holds_nothing_up() -> None:
    order = Order("ab")
    order.add("a", [packet(1), packet(5)], 0.0)
    order.add("b", [packet(2)], 0.0)
    assert given(order, 0.0) == [("a", 1), ("b", 2)]
    order.end("b")
    assert given(order, 0.0) == [("a", 5)]
    order.end("a")
    assert order.take(0.0) == []


def test_a_clock_that_is_behind_delays_no_other_source() -> None:
    """Its packets are always the earliest, and new ones come all the time."""
    order, seen = Order("ab"), list[tuple[str, int]]()
    order.add("a", [packet(100 * SECOND)], 0.0)
    for step in range(20):
        now = step * HOLD / 4
        order.add("b", [packet(step)], now)
        seen += given(order, now)
        if ("a", 100 * SECOND) in seen:
            break
    assert now <= 2 * HOLD


def merge(streams: dict[str, bytes], piece: int = 10_000) -> bytes:
    """All streams in turn, piece by piece; one that is shorter ends early."""
    merger = Merger({name: tuple(name.split(":")) for name in streams}, interface_name)  # type: ignore[misc]
    out, position = merger.begin(), 0
    left = dict(streams)
    while left:
        for name, data in list(left.items()):
            found = data[position : position + piece]
            out += merger.feed(name, found, 0.0) if found else merger.end(name, 0.0)
            if not found:
                del left[name]
        position += piece
    return out


def interface_name(node: str, index: int) -> str:
    return {1: "lo", 2: f"{node}-uplink"}[index]


def read(out: bytes) -> list[tuple[str, int, bytes]]:
    """Interface, nanoseconds after NOW, data."""
    # scapy makes the metadata's type when it runs: no type checker sees its fields
    found: list[tuple[bytes, Any]] = list(RawPcapNgReader(io.BytesIO(out)))  # type: ignore[arg-type]
    assert all(m.tsresol == SECOND for _, m in found)
    return [(m.ifname.decode(), (m.tshigh << 32) + m.tslow - NOW, data) for data, m in found]


@pytest.mark.parametrize("piece", [3, 40, 10_000])
def test_streams_of_every_form_are_one_in_order_of_time(piece: int) -> None:
    streams = {
        f"r{n}:eth{n}": stream(
            [(n * 1000, b"a"), (n * SECOND, b"b"), (9 * SECOND - n * 1000, b"c")], *form
        )
        for n, form in enumerate(FORMS, 1)
    }
    got = read(merge(streams, piece))
    numbers = range(1, len(FORMS) + 1)
    assert got == [
        *((f"r{n}:eth{n}", n * 1000, b"a") for n in numbers),
        *((f"r{n}:eth{n}", n * SECOND, b"b") for n in numbers),
        *((f"r{n}:eth{n}", 9 * SECOND - n * 1000, b"c") for n in reversed(numbers)),
    ]


def test_a_stream_that_ends_early_or_truncated_costs_no_packet_of_others() -> None:
    streams = {
        "r1:a": stream([(n, b"%d" % n) for n in range(0, 100, 2)]),
        "r2:b": stream([(1, b"early")]),
        "r3:c": stream([(3, b"whole"), (5, b"cut")])[:-2],
        "r4:d": b"",
    }
    got = read(merge(streams, 64))
    assert [time for _, time, _ in got] == sorted([*range(0, 100, 2), 1, 3])
    assert ("r3:c", 3, b"whole") in got and ("r2:b", 1, b"early") in got


def test_packets_of_the_interface_any_are_of_their_own_interfaces() -> None:
    streams = {
        "r1:any": stream([(1, cooked(2, 4, b"out")), (3, cooked(1, 0, b"in"))], link_type=ANY),
        "r2:any": stream([(2, cooked(2, 0, b"in"))], link_type=ANY),
        "r2:eth0": stream([(4, b"frame")]),
    }
    out = merge(streams)
    assert [name for name, _, _ in read(out)] == [
        "r1:r1-uplink",
        "r2:r2-uplink",
        "r1:lo",
        "r2:eth0",
    ]
    metadata: list[Any] = [m for _, m in RawPcapNgReader(io.BytesIO(out))]  # type: ignore[arg-type]
    assert [m.linktype for m in metadata] == [ANY, ANY, ANY, ETHERNET]
    assert [m.direction for m in metadata] == [2, 1, 1, None]
    assert [m.wirelen for m in metadata] == [33, 32, 32, 15]


def test_each_interface_is_described_once_also_without_packets() -> None:
    out = merge({"r1:a": stream([(1, b"x"), (2, b"y")]), "r2:b": stream([])})
    assert interfaces_of(out) == [b"r1:a", b"r2:b"]


def interfaces_of(out: bytes) -> list[bytes]:
    """Names of all Interface Description Blocks, in order."""
    names, position = [], 0
    while position < len(out):
        kind, length = struct.unpack_from("=II", out, position)
        assert struct.unpack_from("=I", out, position + length - 4) == (length,)
        if kind == 1:
            code, size = struct.unpack_from("=HH", out, position + 16)
            assert code == 2
            names.append(out[position + 20 : position + 20 + size])
        position += length
    assert position == len(out)
    return names


def test_scapy_dissects_what_was_merged() -> None:
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether

    frame = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IPv6(dst="fd00::1"))
    out = merge({"r1:a": stream([(1, frame)])})
    (found,) = list(PcapNgReader(io.BytesIO(out)))  # type: ignore[arg-type]
    assert found[IPv6].dst == "fd00::1" and found.sniffed_on == "r1:a"
