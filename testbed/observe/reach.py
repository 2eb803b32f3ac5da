"""Tagged probes between namespaces: which of them arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address

from testbed.observe.canary import refuse_blind
from testbed.observe.capture import Capture
from testbed.observe.frame import Frame
from testbed.observe.place import Address, Place
from testbed.observe.tag import TAG_SIZE, Run

ATTEMPTS = 3  # a single packet may be lost, above all the first to a neighbour
SENDERS = 16  # namespaces that send at the same time
_UDP = 17
# From the Ethernet header on: where protocol, addresses and UDP's length are, by ethertype.
_LAYOUTS = {
    b"\x08\x00": (23, slice(26, 30), slice(30, 34), slice(38, 40)),
    b"\x86\xdd": (20, slice(22, 38), slice(38, 54), slice(58, 60)),
}
_UDP_HEADER = 8
_HEADERS = {4: 20 + _UDP_HEADER, 6: 40 + _UDP_HEADER}


@dataclass(frozen=True)
class Flow:
    """From an address in one namespace to one in another; both are names of places.

    `payload`: bytes of UDP payload of its probe; one longer than a tag may not be fragmented.
    """

    source: str
    destination: str
    source_address: IPv4Address | IPv6Address
    address: IPv4Address | IPv6Address
    payload: int = TAG_SIZE

    def sized(self, length: int) -> Flow:
        """The same flow with packets of `length` bytes, from the IP header on."""
        return replace(self, payload=length - _HEADERS[self.address.version])


def undelivered(places: Mapping[str, Place], flows: Sequence[Flow], patience: float) -> list[Flow]:
    """The flows of which no probe arrives; `patience` in seconds, for each attempt.

    Raises CheckFailed if the capture cannot see traffic, TestbedError if a place cannot be entered.
    """
    if not flows:
        return []
    run, missing = Run(), list(flows)
    with Capture(places, only=run) as capture:
        refuse_blind(capture, run, patience)
        for _ in range(ATTEMPTS):
            _send_each(places, missing, run)
            seen = capture.read(partial(_complete, missing), patience)
            missing = find_missing(missing, seen)
            if not missing:
                break
    return missing


def find_missing(flows: Sequence[Flow], frames: Iterable[Frame]) -> list[Flow]:
    """The flows of which none of these frames, tagged by the run, is a probe that arrived."""
    seen = {
        (frame.node, *ends) for frame in frames if not frame.outgoing and (ends := _ends_of(frame))
    }
    return [f for f in flows if (f.destination, f.source_address, f.address, f.payload) not in seen]


def _complete(flows: Sequence[Flow], frames: Iterable[Frame]) -> bool:
    return not find_missing(flows, frames)


def _ends_of(frame: Frame) -> tuple[Address, Address, int] | None:
    """Source, destination, bytes of payload of a UDP packet. An ICMP error with a probe is none."""
    layout = _LAYOUTS.get(frame.data[12:14])
    if layout is None or frame.interface == "lo":
        return None
    protocol, source, destination, length = layout
    if frame.data[protocol] != _UDP:
        return None
    payload = int.from_bytes(frame.data[length], "big") - _UDP_HEADER
    return ip_address(frame.data[source]), ip_address(frame.data[destination]), payload


def _send_each(places: Mapping[str, Place], flows: Sequence[Flow], run: Run) -> None:
    by_source: dict[str, list[Flow]] = {}
    for flow in flows:
        by_source.setdefault(flow.source, []).append(flow)

    def send(source: str) -> None:
        for flow in by_source[source]:
            places[source].send_probes(flow.address, run, 1, flow.payload)

    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, by_source))
