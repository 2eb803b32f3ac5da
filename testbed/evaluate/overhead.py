"""The bytes on the wire of a transfer: what headers cost, and whether counters agree.

A wire is a link of the backbone between two nodes. "With Ethernet" is what counters of Linux
interfaces show: 14 bytes more per packet, no preamble, no checksum. With segmentation offload a
counted packet may be many on the wire, with one set of headers; hence `expected_bytes` takes the
number of packets that were counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from testbed.evaluate.cases import Case, Family, Overlay, Protocol
from testbed.plan import mtu as sizes

ETHERNET = 14
TOLERANCE = 0.02
_IP = {4: 20, 6: 40}
# Linux sends TCP's timestamps in every segment: 10 bytes, padded to 12.
_TRANSPORT = {"tcp": 20 + 12, "udp": 8}

Agreement = Literal["agree", "too few", "too many"]


@dataclass(frozen=True)
class Packet:
    """A full-size packet: bytes of payload, of the inner headers, and of what is outside of it."""

    payload: int
    inner: int
    outer: int

    @property
    def headers(self) -> int:
        """All that is not payload."""
        return self.inner + self.outer

    @property
    def factor(self) -> float:
        """Bytes on the wire per byte of payload."""
        return (self.payload + self.headers) / self.payload


def outer_bytes(overlay: Overlay, segments: int = 0) -> int:
    """What an overlay adds to the pods' packet."""
    if overlay == "srv6":
        return sizes.overhead(segments)
    return {"vxlan": sizes.VXLAN, "ipip": sizes.IPIP}.get(overlay, 0)


def full_size(
    protocol: Protocol,
    family: Family,
    mtu: int,
    overlay: Overlay,
    segments: int = 0,
    *,
    ethernet: bool,
) -> Packet:
    """The largest TCP segment or UDP datagram of a pod whose interface has this MTU."""
    inner = _IP[family] + _TRANSPORT[protocol]
    outer = outer_bytes(overlay, segments) + (ETHERNET if ethernet else 0)
    return Packet(mtu - inner, inner, outer)


def packet_of(case: Case, mtu: int, *, ethernet: bool) -> Packet:
    """The full-size packet of a case."""
    return full_size(
        case.protocol, case.family, mtu, case.overlay, case.segments, ethernet=ethernet
    )


def expected_bytes(payload_bytes: float, packet: Packet, packets: int | None = None) -> float:
    """What a counter shows after so much payload.

    `packets`: how many it counted, each with one set of headers; None: all were full-size.
    """
    if packets is None:
        return payload_bytes * packet.factor
    return payload_bytes + packets * packet.headers


def compare(counted: float, expected: float, tolerance: float = TOLERANCE) -> Agreement:
    """Do counted bytes agree with the expected ones? Nothing expected agrees with nothing only."""
    if abs(counted - expected) <= tolerance * expected:
        return "agree"
    return "too many" if counted > expected else "too few"
