"""What can be measured: one case is one kind of transfer on one path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal, get_args

Traffic = Literal["pod-to-pod", "pod-to-service"]
Protocol = Literal["tcp", "udp"]
Family = Literal[4, 6]
Placement = Literal["across", "same-node"]
Overlay = Literal["srv6", "vxlan", "ipip", "routed", "none", "veth"]
Streams = Literal[1, 4]
Mtu = Literal["own", "equal"]

SEGMENTS = range(1, 7)


@dataclass(frozen=True)
class Case:
    """One kind of transfer.

    `overlay`: none is the reference across nodes, from node to node, and on the same node the way
    that pods of every overlay have; veth is one pair of interfaces, the machine's limit.
    `segments` is the length of the segment list, with the SID that decapsulates; 0 without one.
    `mtu`: own is the largest that the overlay leaves, equal is one for all cases.
    `again`: the same under another name. It has to come out as comparable with the one that it
    repeats; else it is not the overlays that a comparison shows.
    """

    traffic: Traffic
    protocol: Protocol
    family: Family
    placement: Placement
    overlay: Overlay
    segments: int
    streams: Streams
    mtu: Mtu
    again: bool = False

    @property
    def id(self) -> str:
        """Its unique name: pod-to-pod.tcp.ipv4.across.srv6.1seg.1stream."""
        return ".".join(self.words.values())

    @property
    def words(self) -> dict[str, str]:
        """The parts of its id, by the field that each one tells."""
        words: dict[str, str] = {
            "traffic": self.traffic,
            "protocol": self.protocol,
            "family": f"ipv{self.family}",
            "placement": self.placement,
            "overlay": self.overlay,
        }
        if self.segments:
            words["segments"] = f"{self.segments}seg"
        words["streams"] = "1stream" if self.streams == 1 else f"{self.streams}streams"
        if self.mtu == "equal":
            words["mtu"] = "equal-mtu"
        if self.again:
            words["again"] = "again"
        return words


def _is_sensible(case: Case) -> bool:
    """Leaves out what cannot be: an overlay carries nothing between pods of one node."""
    if case.overlay == "none":
        return case.placement == "same-node" or case.traffic == "pod-to-pod"
    if case.overlay == "veth":
        return case.placement == "same-node" and case.traffic == "pod-to-pod"
    if case.overlay == "ipip" and case.family == 6:
        return False  # as testbed.agent.desired.overlays.ipip says
    return case.placement == "across"


_WAYS: tuple[tuple[Overlay, int], ...] = (
    *(("srv6", n) for n in SEGMENTS),
    ("vxlan", 0),
    ("ipip", 0),
    ("routed", 0),
    ("none", 0),
    ("veth", 0),
)


def _all_cases() -> Iterator[Case]:
    for traffic, protocol, family, placement, (overlay, segments), streams, mtu in product(
        get_args(Traffic),
        get_args(Protocol),
        get_args(Family),
        get_args(Placement),
        _WAYS,
        get_args(Streams),
        get_args(Mtu),
    ):
        case = Case(traffic, protocol, family, placement, overlay, segments, streams, mtu)
        if _is_sensible(case):
            yield case


CASES: tuple[Case, ...] = tuple(_all_cases())
CONTROLS: tuple[Case, ...] = tuple(replace(case, again=True) for case in CASES)
BY_ID: Mapping[str, Case] = {case.id: case for case in (*CASES, *CONTROLS)}
