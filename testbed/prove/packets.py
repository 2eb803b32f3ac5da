"""Frames, read down to the probe: Ethernet, IPv6 with SRH (RFC 8754), IPv4, UDP, VXLAN (RFC 7348).

A parser of our own: six headers, and a proof should not wait for scapy's import.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

from testbed.observe.frame import Frame
from testbed.observe.tag import TAG_SIZE, Run

Address = IPv4Address | IPv6Address

_IPV4_TYPE, _IPV6_TYPE, _VLAN_TYPE = 0x0800, 0x86DD, 0x8100
_HOP_BY_HOP, _IPV4, _UDP, _IPV6, _ROUTING, _DESTINATION = 0, 4, 17, 41, 43, 60
_SRH = 4  # routing type (RFC 8754 section 2)
_VXLAN_PORT, _VXLAN_FLAGS = 4789, 0x08000000  # I: the network identifier is valid
_MOST_HEADERS = 16  # a frame that nests deeper is nothing of ours


@dataclass(frozen=True)
class Header:
    """An IP header; `segments` are those of its SRH in travel order (None: no SRH)."""

    src: Address
    dst: Address
    hop_limit: int  # TTL for IPv4
    segments: tuple[IPv6Address, ...] | None = None
    segments_left: int | None = None
    vni: int | None = None  # a VXLAN header follows


@dataclass(frozen=True)
class Observation:
    """One probe, seen once: on which interface, in which direction, under which headers.

    The outer header is the outermost one; the inner one is None unless the probe is
    encapsulated. `segments` are those of the SRH in travel order (None: no SRH).
    """

    node: str
    interface: str
    outgoing: bool
    outer_src: Address
    outer_dst: Address
    hop_limit: int  # TTL for IPv4
    segments: tuple[IPv6Address, ...] | None
    segments_left: int | None
    inner_src: Address | None
    inner_dst: Address | None
    inner_hop_limit: int | None
    tag: bytes
    time_ns: int = 0
    vni: int | None = None  # of the outermost VXLAN header
    between: tuple[
        Header, ...
    ] = ()  # outer and inner header, from outside, as of stitched policies

    @property
    def layers(self) -> tuple[Header, ...]:
        """All headers from the inside: the probe's own first."""
        outer = (self.outer_src, self.outer_dst, self.hop_limit)
        found = [Header(*outer, self.segments, self.segments_left, self.vni), *self.between]
        if self.inner_src is not None and self.inner_dst is not None:
            found.append(Header(self.inner_src, self.inner_dst, self.payload_hop_limit))
        return tuple(reversed(found))

    def within(self, layer: int) -> Observation:
        """Without what is around the header of this number; the probe's own is 0."""
        return self._of(self.layers[: layer + 1])

    def at_layer(self, layer: int) -> Observation:
        """As if what that header is around were the probe; bare where there is no such header."""
        return self._of(self.layers[layer - 1 : layer + 1] or self.layers[-1:])

    def _of(self, layers: tuple[Header, ...]) -> Observation:
        outer, inner = layers[-1], layers[0] if len(layers) > 1 else None
        return replace(
            self,
            outer_src=outer.src,
            outer_dst=outer.dst,
            hop_limit=outer.hop_limit,
            segments=outer.segments,
            segments_left=outer.segments_left,
            vni=outer.vni,
            inner_src=inner.src if inner else None,
            inner_dst=inner.dst if inner else None,
            inner_hop_limit=inner.hop_limit if inner else None,
            between=tuple(reversed(layers[1:-1])),
        )

    @property
    def encapsulated(self) -> bool:
        """Is the probe inside another IP packet?"""
        return self.inner_dst is not None

    @property
    def payload_hop_limit(self) -> int:
        """The probe's own hop limit, encapsulated or not."""
        return self.hop_limit if self.inner_hop_limit is None else self.inner_hop_limit

    @property
    def travel(self) -> tuple[IPv6Address, ...] | None:
        """The whole segment list at a head end.

        A reduced SRH (RFC 8754 section 4.1.1) lacks the first segment, which is only in the
        destination address then.
        """
        if self.segments is None or self.segments_left is None:
            return None
        if self.segments_left == len(self.segments) and isinstance(self.outer_dst, IPv6Address):
            return (self.outer_dst, *self.segments)
        return self.segments


def observations(frames: Iterable[Frame], run: Run) -> list[Observation]:
    """The run's probes among the frames."""
    found = (observe(frame) for frame in frames)
    return [o for o in found if o is not None and run.owns(o.tag)]


def observe(frame: Frame) -> Observation | None:
    """The probe in a frame, or None if there is none (another protocol, cut short, malformed)."""
    try:
        headers, payload = _parse_frame(frame.data)
    except (struct.error, ValueError, IndexError):
        return None
    if not headers or len(payload) < TAG_SIZE:
        return None
    outer, inner = headers[0], headers[-1] if len(headers) > 1 else None
    return Observation(
        node=frame.node,
        interface=frame.interface,
        outgoing=frame.outgoing,
        outer_src=outer.src,
        outer_dst=outer.dst,
        hop_limit=outer.hop_limit,
        segments=outer.segments,
        segments_left=outer.segments_left,
        inner_src=inner.src if inner else None,
        inner_dst=inner.dst if inner else None,
        inner_hop_limit=inner.hop_limit if inner else None,
        tag=payload[-TAG_SIZE:],
        time_ns=frame.time_ns,
        vni=outer.vni,
        between=tuple(headers[1:-1]),
    )


def _parse_frame(data: bytes) -> tuple[list[Header], bytes]:
    """IP headers from the outermost on, and the UDP payload. ValueError if it is no UDP."""
    number, data = _parse_ethernet(data)
    headers: list[Header] = []
    for _ in range(_MOST_HEADERS):
        if number == _IPV6:
            header, number, data = _parse_ipv6(data)
            headers.append(header)
        elif number == _IPV4:
            header, number, data = _parse_ipv4(data)
            headers.append(header)
        elif number in (_HOP_BY_HOP, _ROUTING, _DESTINATION):
            headers[-1], number, data = _parse_extension(headers[-1], number, data)
        elif number == _UDP:
            port, length = struct.unpack_from("!2xHH", data)
            payload = data[8:length]
            if port != _VXLAN_PORT:
                return headers, payload
            headers[-1] = replace(headers[-1], vni=_parse_vxlan(payload))
            number, data = _parse_ethernet(payload[8:])
        else:
            break
    raise ValueError("no UDP")


def _parse_ethernet(data: bytes) -> tuple[int, bytes]:
    """The protocol number of the IP packet in a frame, and the packet."""
    offset, kind = 14, int.from_bytes(data[12:14], "big")
    if kind == _VLAN_TYPE:
        offset, kind = 18, int.from_bytes(data[16:18], "big")
    number = {_IPV4_TYPE: _IPV4, _IPV6_TYPE: _IPV6}.get(kind)
    if number is None:
        raise ValueError("no IP")
    return number, data[offset:]


def _parse_vxlan(header: bytes) -> int:
    flags, identifier = struct.unpack_from("!II", header)
    if not flags & _VXLAN_FLAGS:
        raise ValueError("no VXLAN")
    return int(identifier >> 8)


def _parse_ipv6(data: bytes) -> tuple[Header, int, bytes]:
    word, length, following, hop_limit = struct.unpack_from("!IHBB", data)
    if word >> 28 != 6:
        raise ValueError("no IPv6")
    header = Header(IPv6Address(data[8:24]), IPv6Address(data[24:40]), hop_limit)
    return header, following, data[40 : 40 + length]


def _parse_ipv4(data: bytes) -> tuple[Header, int, bytes]:
    first, length = data[0], int.from_bytes(data[2:4], "big")
    size = (first & 15) * 4
    if first >> 4 != 4 or size < 20 or int.from_bytes(data[6:8], "big") & 0x1FFF:
        raise ValueError("no IPv4, or a later fragment")
    header = Header(IPv4Address(data[12:16]), IPv4Address(data[16:20]), data[8])
    return header, data[9], data[size:length]


def _parse_extension(header: Header, number: int, data: bytes) -> tuple[Header, int, bytes]:
    """An IPv6 extension header; an SRH leaves its segments in the IPv6 header's record."""
    following, size = data[0], (data[1] + 1) * 8
    if number == _ROUTING and data[2] == _SRH:
        left, last = data[3], data[4]
        if 8 + 16 * (last + 1) > size or len(data) < size:
            raise ValueError("SRH: Last Entry is beyond the header")
        listed = [IPv6Address(data[8 + 16 * i : 24 + 16 * i]) for i in range(last + 1)]
        # Segment List[0] is the last segment (RFC 8754 section 2)
        header = replace(header, segments=tuple(reversed(listed)), segments_left=left)
    return header, following, data[size:]
