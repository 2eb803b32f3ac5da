"""Which captured frames show that a probe arrived."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from testbed.observe.frame import Frame
from testbed.observe.reach import Flow, find_missing

V4 = Flow("pod-a", "pod-b", IPv4Address("172.16.0.1"), IPv4Address("172.16.1.1"))
V6 = Flow("pod-a", "pod-b", IPv6Address("fdfb::1"), IPv6Address("fdfb::2"))
UDP, ICMP, ICMPV6 = 17, 1, 58


def packet(source: str, destination: str, protocol: int, payload: int) -> bytes:
    ends = ip_address(source).packed + ip_address(destination).packed
    ends += bytes(4) + (8 + payload).to_bytes(2, "big")
    if ip_address(source).version == 4:
        return bytes(12) + b"\x08\x00" + bytes(9) + bytes([protocol]) + bytes(2) + ends
    return bytes(12) + b"\x86\xdd" + bytes(6) + bytes([protocol]) + bytes(1) + ends


def frame(
    flow: Flow, node: str = "", protocol: int = UDP, outgoing: bool = False, on: str = "eth0"
) -> Frame:
    data = packet(str(flow.source_address), str(flow.address), protocol, flow.payload)
    return Frame(node or flow.destination, on, outgoing, 0, data)


def test_a_probe_arrives_at_its_destination() -> None:
    assert find_missing([V4, V6], [frame(V4), frame(V6)]) == []
    assert find_missing([V4, V6], [frame(V4)]) == [V6]
    assert find_missing([V4], []) == [V4]


@pytest.mark.parametrize("flow", [V4, V6], ids=["IPv4", "IPv6"])
def test_a_short_probe_is_no_long_one(flow: Flow) -> None:
    long = flow.sized(1404)
    assert find_missing([flow, long], [frame(flow)]) == [long]
    assert find_missing([flow, long], [frame(long)]) == [flow]


@pytest.mark.parametrize("flow", [V4, V6], ids=["IPv4", "IPv6"])
def test_what_shows_no_arrival(flow: Flow) -> None:
    back = Flow("pod-b", "pod-a", flow.address, flow.source_address)
    error = frame(back, protocol=ICMP if flow is V4 else ICMPV6)  # it quotes the probe and its tag
    frames = [
        frame(flow, node="pod-a", outgoing=True),
        frame(flow, outgoing=True),
        frame(flow, on="lo"),
        error,
        Frame("pod-b", "eth0", False, 0, b"short"),
    ]
    assert find_missing([flow, back], frames) == [flow, back]
