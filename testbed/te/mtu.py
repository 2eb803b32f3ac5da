"""What encapsulation costs, in bytes (RFC 8200 §3, RFC 8754 §2)."""

from __future__ import annotations

OUTER_HEADER = 40
SRH_FIXED = 8
SID_SIZE = 16
IPV6_MIN_MTU = 1280  # RFC 8200 §5


def overhead(segments: int) -> int:
    """Outer header plus SRH; one segment needs no SRH (H.Encaps.Red)."""
    if segments <= 1:
        return OUTER_HEADER
    return OUTER_HEADER + SRH_FIXED + SID_SIZE * segments


def pod_mtu(port_mtu: int, max_segments: int) -> int:
    """What a plan leaves to pods on ports of this MTU: room for a whole SRH, always."""
    return port_mtu - OUTER_HEADER - SRH_FIXED - SID_SIZE * max_segments


def port_mtu_for(max_segments: int) -> int:
    """The smallest port MTU under which pods can still use IPv6."""
    return IPV6_MIN_MTU + OUTER_HEADER + SRH_FIXED + SID_SIZE * max_segments
