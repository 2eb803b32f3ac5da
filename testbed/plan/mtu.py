"""Computes the bytes that encapsulation adds (RFC 8200 §3, 8754 §2, 7348 §5, 2003 §3.1)."""

from __future__ import annotations

OUTER_HEADER = 40
SRH_FIXED = 8
SID_SIZE = 16
VXLAN = 40 + 8 + 8 + 14  # over IPv6: IPv6, UDP, VXLAN, and the inner Ethernet header
IPIP = 20  # an IPv4 header
IPV6_MIN_MTU = 1280  # RFC 8200 §5


def overhead(segments: int) -> int:
    """Outer header plus SRH; one segment needs no SRH (H.Encaps.Red)."""
    if segments <= 1:
        return OUTER_HEADER
    return OUTER_HEADER + SRH_FIXED + SID_SIZE * segments


def entry_overhead(segments: int) -> int:
    """Outer header plus SRH of what enters by a binding SID: End.B6.Encaps has no reduced form."""
    return OUTER_HEADER + SRH_FIXED + SID_SIZE * segments


def reserve(max_segments: int) -> int:
    """Bytes reserved for outer headers: a full SRH, or VXLAN's headers if those are longer."""
    return max(OUTER_HEADER + SRH_FIXED + SID_SIZE * max_segments, VXLAN)


def segments_for(size: int) -> int:
    """The smallest max_segments that reserve so many bytes."""
    return max(1, -(-(size - OUTER_HEADER - SRH_FIXED) // SID_SIZE))


REPAIR_SEGMENTS = 2  # of a repair list at most, before the SID that unpacks


def repair_overhead() -> int:
    """What the longest repair list adds to a packet."""
    return overhead(REPAIR_SEGMENTS + 1)


def pod_mtu(tunnel_mtu: int, max_segments: int) -> int:
    """The pod MTU over links of this MTU."""
    return tunnel_mtu - reserve(max_segments)


def tunnel_mtu_for(max_segments: int) -> int:
    """The smallest MTU of links under which pods can still use IPv6."""
    return IPV6_MIN_MTU + reserve(max_segments)
