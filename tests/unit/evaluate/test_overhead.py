"""Bytes on the wire, compared with packets built by hand."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrSegmentRouting
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet as Built
from scapy.packet import Raw

from testbed.evaluate.cases import CASES, Case, Family, Overlay, Protocol
from testbed.evaluate.overhead import compare, expected_bytes, full_size, packet_of

MTU = 1300


def outside(overlay: Overlay, segments: int) -> Built:
    """The outer headers as the agent has the kernel write them."""
    if overlay == "srv6" and segments > 1:
        return IPv6() / IPv6ExtHdrSegmentRouting(addresses=["fcff::1"] * segments)
    if overlay == "srv6":
        return IPv6()
    if overlay == "vxlan":
        return IPv6() / UDP() / VXLAN() / Ether()
    return IP() if overlay == "ipip" else Raw()


def built(case: Case) -> tuple[int, int]:
    """Payload and length on the wire, with Ethernet header, of a full packet of MTU bytes."""
    network = IP() if case.family == 4 else IPv6()
    timestamps = [("NOP", None), ("NOP", None), ("Timestamp", (1, 1))]
    transport = TCP(options=timestamps) if case.protocol == "tcp" else UDP()
    payload = MTU - len(network / transport)
    inner = network / transport / Raw(b"x" * payload)
    return payload, len(Ether() / outside(case.overlay, case.segments) / inner)


OWN = [c for c in CASES if c.traffic == "pod-to-pod" and c.mtu == "own" and c.streams == 1]


@pytest.mark.parametrize("case", OWN, ids=lambda case: case.id)
def test_a_packet_is_as_long_as_one_that_is_built(case: Case) -> None:
    payload, length = built(case)
    packet = packet_of(case, MTU, ethernet=True)
    assert (packet.payload, packet.payload + packet.headers) == (payload, length)
    assert packet.factor == pytest.approx(length / payload)


@pytest.mark.parametrize(
    ("protocol", "family", "overlay", "segments", "headers"),
    [
        ("tcp", 4, "none", 0, 52),
        ("udp", 6, "routed", 0, 48),
        ("tcp", 4, "srv6", 1, 52 + 40),  # encap.red: no SRH
        ("tcp", 4, "srv6", 3, 52 + 40 + 8 + 3 * 16),  # encap: all three in the SRH
        ("udp", 4, "vxlan", 0, 28 + 70),
        ("udp", 4, "ipip", 0, 28 + 20),
    ],
)
def test_headers(
    protocol: Protocol, family: Family, overlay: Overlay, segments: int, headers: int
) -> None:
    bare = full_size(protocol, family, MTU, overlay, segments, ethernet=False)
    assert bare.headers == headers
    counted = full_size(protocol, family, MTU, overlay, segments, ethernet=True)
    assert counted.headers == headers + 14
    assert counted.payload == bare.payload


def test_bytes_expected_of_a_transfer() -> None:
    packet = full_size("tcp", 4, MTU, "srv6", 3, ethernet=True)
    assert expected_bytes(1000 * packet.payload, packet) == 1000 * (MTU + 96 + 14)


def test_with_offload_headers_are_counted_once_per_counted_packet() -> None:
    """A gigabyte in 20,000 packets of some 50 KB."""
    packet = full_size("tcp", 4, MTU, "srv6", 3, ethernet=True)
    assert expected_bytes(1e9, packet, packets=20_000) == 1e9 + 20_000 * (52 + 96 + 14)
    unsplit = round(1e9 / packet.payload)
    assert expected_bytes(1e9, packet, unsplit) == pytest.approx(expected_bytes(1e9, packet))


@pytest.mark.parametrize(
    ("counted", "agreement"),
    [(100, "agree"), (102, "agree"), (98, "agree"), (102.1, "too many"), (97.9, "too few")],
)
def test_two_percent(counted: float, agreement: str) -> None:
    assert compare(counted, 100) == agreement


def test_nothing_agrees_with_nothing() -> None:
    assert compare(0, 0) == "agree"
    assert compare(1, 0) == "too many"
    assert compare(0, 100) == "too few"


def test_a_transfer_that_took_no_overlay_is_noticed() -> None:
    """Bytes do not tell all overlays apart: VXLAN and three segments differ by 1.9 %."""
    for case in (c for c in OWN if c.overlay in ("srv6", "vxlan")):
        expected = expected_bytes(1e9, packet_of(case, MTU, ethernet=True))
        bare = full_size(case.protocol, case.family, MTU, "none", ethernet=True)
        assert compare(expected_bytes(1e9, bare), expected) == "too few", case.id
