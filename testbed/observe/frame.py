"""One captured frame."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """One frame on one interface."""

    node: str
    interface: str
    outgoing: bool
    time_ns: int  # the clock of the kernel that saw it, nanoseconds since 1970
    data: bytes  # from the Ethernet header on
