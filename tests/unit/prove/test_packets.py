"""The parser against frames that scapy built."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop, IPv6ExtHdrSegmentRouting
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from testbed.observe.frame import Frame
from testbed.observe.tag import Run
from testbed.prove.packets import Observation, observations, observe

RUN = Run()
TAG = RUN.tag(7)
# both given, or scapy would ask the network for them
ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
SIDS = ["fcff:6::1", "fcff:8::1", "fcdd::12aa:d460:b250:45:b04"]


def seen(packet: Packet | bytes) -> Observation | None:
    return observe(Frame("r6", "r6-r4", False, 1, bytes(packet)))


def _family(seen: Observation) -> int:
    assert seen.inner_dst is not None
    return seen.inner_dst.version


def probe4() -> Packet:
    return IP(src="172.16.0.1", dst="172.16.1.2", ttl=63) / UDP() / Raw(b"filler" + TAG)


def probe6() -> Packet:
    return IPv6(src="fdfb::1", dst="fdfb::2", hlim=62) / UDP() / Raw(TAG)


def srh(segments: list[str], left: int) -> Packet:
    return IPv6ExtHdrSegmentRouting(
        addresses=list(reversed(segments)), segleft=left, lastentry=len(segments) - 1
    )


@pytest.mark.parametrize("inner", [probe4(), probe6()])
def test_encapsulated_with_srh(inner: Packet) -> None:
    outer = IPv6(src="fd11::1000", dst=SIDS[1], hlim=60)
    o = seen(ETHER / outer / srh(SIDS, 1) / inner)
    assert o is not None
    assert (o.node, o.interface, o.outgoing) == ("r6", "r6-r4", False)
    assert str(o.outer_src) == "fd11::1000"
    assert str(o.outer_dst) == SIDS[1]
    assert o.hop_limit == 60
    assert o.segments == tuple(ip_address(s) for s in SIDS) == o.travel
    assert o.segments_left == 1
    assert o.encapsulated
    assert str(o.inner_dst) == inner.dst
    assert str(o.inner_src) == inner.src
    assert o.inner_hop_limit == (inner.ttl if _family(o) == 4 else inner.hlim)
    assert o.tag == TAG


def test_encapsulated_without_srh() -> None:
    o = seen(ETHER / IPv6(dst=SIDS[2]) / probe4())
    assert o is not None
    assert o.segments is None and o.segments_left is None and o.travel is None
    assert _family(o) == 4
    assert o.payload_hop_limit == 63


@pytest.mark.parametrize("inner", [probe4(), probe6()], ids=["IPv4", "IPv6"])
def test_inside_vxlan(inner: Packet) -> None:
    outer = IPv6(src="fd11::1000", dst="fd12::1000") / UDP(sport=5555, dport=4789)
    o = seen(ETHER / outer / VXLAN(vni=4096, flags=8) / ETHER / inner)
    assert o is not None and o.encapsulated and o.vni == 4096 and o.segments is None
    assert (str(o.outer_dst), o.inner_dst) == ("fd12::1000", ip_address(inner.dst))
    assert seen(ETHER / outer / VXLAN(vni=4096, flags=0) / ETHER / inner) is None


def test_plain() -> None:
    o = seen(ETHER / probe6())
    assert o is not None
    assert not o.encapsulated and o.inner_dst is None
    assert o.outer_dst == ip_address("fdfb::2")
    assert o.hop_limit == o.payload_hop_limit == 62


def test_a_reduced_srh_has_its_first_segment_in_the_destination() -> None:
    o = seen(ETHER / IPv6(dst=SIDS[0]) / srh(SIDS[1:], 2) / probe4())
    assert o is not None
    assert o.travel == tuple(ip_address(s) for s in SIDS)


def test_vlan_ipip_options_and_other_extension_headers() -> None:
    assert seen(ETHER / Dot1Q(vlan=5) / probe6()) is not None
    ipip = seen(ETHER / IP(dst="192.168.11.254") / probe4())
    assert ipip is not None and str(ipip.outer_dst) == "192.168.11.254" and _family(ipip) == 4
    hop_by_hop = IPv6(nh=0) / IPv6ExtHdrHopByHop() / UDP() / Raw(TAG)
    assert seen(ETHER / hop_by_hop) is not None


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        ETHER / ARP(),
        ETHER / IP() / TCP() / Raw(TAG),
        ETHER / IP() / ICMP(type=3) / probe4(),  # an error that quotes the probe
        ETHER / IP() / UDP() / Raw(b"short"),
        ETHER / IP(frag=10) / UDP() / Raw(TAG),
        bytes(ETHER / IPv6() / srh(SIDS, 1) / probe4())[:70],
    ],
)
def test_what_is_no_probe(frame: Packet | bytes) -> None:
    assert seen(frame) is None


def test_other_runs_are_not_ours() -> None:
    frame = Frame("r6", "x", True, 0, bytes(ETHER / probe4()))
    assert len(observations([frame], RUN)) == 1
    assert observations([frame], Run()) == []


def test_last_entry_beyond_the_header() -> None:
    data = bytearray(bytes(ETHER / IPv6(dst=SIDS[0]) / srh(SIDS, 2) / probe4()))
    data[14 + 40 + 4] = 200
    assert seen(bytes(data)) is None


FRAME = bytes(ETHER / IPv6(dst=SIDS[0]) / srh(SIDS, 2) / probe4())


@given(st.binary(max_size=200), st.integers(0, len(FRAME) - 1), st.integers(0, 255))
@settings(deadline=None)
def test_nothing_makes_it_raise(tail: bytes, position: int, value: int) -> None:
    data = bytearray(FRAME)
    data[position] = value
    seen(bytes(data))
    seen(bytes(data[:position]) + tail)
