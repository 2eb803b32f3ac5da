"""Several pcap streams, as they come, as one pcapng stream in order of time."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from testbed.observe.pcap import Packet, PcapReader
from testbed.observe.pcapng import interface_block, packet_block, section_block

HOLD = 0.5  # seconds that a packet waits for earlier ones of other streams
_ANY = 276  # LINKTYPE_LINUX_SLL2: what tcpdump writes for the interface `any`
_ANY_HEADER = 20  # bytes
_OUTGOING = 4  # packet type


@dataclass(order=True)
class _Waiting:
    time_ns: int
    number: int
    source: str = field(compare=False)
    packet: Packet = field(compare=False)


class Order:
    """Gives packets of several sources in order of time, none later than HOLD after it came.

    Each source's packets come in their order. A packet is given as soon as every source has one
    that is no earlier. One that has waited for HOLD takes along all that are earlier: a source may
    be silent, and a machine's clock may differ.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        self._seen: dict[str, int] = dict.fromkeys(sources, -1)
        self._waiting: list[_Waiting] = []
        self._arrivals: deque[tuple[float, int]] = deque()
        self._due = -1  # the latest time of those that have waited long enough
        self._number = 0

    def add(self, source: str, packets: Iterable[Packet], now: float) -> None:
        """Packets that have come at `now`, in seconds of any clock that only runs forward."""
        for packet in packets:
            self._number += 1
            heapq.heappush(self._waiting, _Waiting(packet.time_ns, self._number, source, packet))
            self._arrivals.append((now, packet.time_ns))
            self._seen[source] = max(self._seen[source], packet.time_ns)

    def end(self, source: str) -> None:
        """Nothing more comes from this source."""
        self._seen.pop(source, None)

    def take(self, now: float) -> list[tuple[str, Packet]]:
        """What can be given now."""
        while self._arrivals and now - self._arrivals[0][0] >= HOLD:
            self._due = max(self._due, self._arrivals.popleft()[1])
        common = min(self._seen.values(), default=None)
        given = []
        while self._waiting:
            first = self._waiting[0].time_ns
            if common is not None and first > max(common, self._due):
                break
            found = heapq.heappop(self._waiting)
            given.append((found.source, found.packet))
        return given

    def patience(self, now: float) -> float | None:
        """Seconds until `take` is worth a call if nothing comes; None while nothing waits."""
        if not self._waiting:
            return None
        return max(0.0, self._arrivals[0][0] + HOLD - now) if self._arrivals else 0.0


class Merger:
    """From bytes of pcap streams to bytes of one pcapng stream, interfaces named NODE:INTERFACE.

    `sources`: name → node and interface. `find_name` gives the name of the interface that has an
    index on the node, for streams of the interface `any`.
    """

    def __init__(
        self,
        sources: Mapping[str, tuple[str, str]],
        find_name: Callable[[str, int], str],
    ) -> None:
        self._sources = dict(sources)
        self._find_name = find_name
        self._readers = {name: PcapReader() for name in sources}
        self._order = Order(sources)
        self._interfaces: dict[tuple[str, int], int] = {}

    def begin(self) -> bytes:
        """What the stream begins with."""
        return section_block()

    def has_begun(self, source: str) -> bool:
        """True once the source has sent a pcap header."""
        return self._readers[source].header is not None

    def feed(self, source: str, data: bytes, now: float) -> bytes:
        """Bytes of a source. Raises ValueError if they are no pcap."""
        reader = self._readers[source]
        began = reader.header is not None
        packets = reader.feed(data)
        blocks = b""
        if not began and reader.header is not None and reader.header.link_type != _ANY:
            _, blocks = self._interface(source, b"")
        self._order.add(source, packets, now)
        return blocks + self.take(now)

    def end(self, source: str, now: float) -> bytes:
        """The source has ended."""
        self._order.end(source)
        return self.take(now)

    def take(self, now: float) -> bytes:
        """What need not wait any longer."""
        return b"".join(self._blocks(*found) for found in self._order.take(now))

    def patience(self, now: float) -> float | None:
        """See Order."""
        return self._order.patience(now)

    def _blocks(self, source: str, packet: Packet) -> bytes:
        number, described = self._interface(source, packet.data)
        outgoing = None
        if self._is_any(source) and len(packet.data) >= _ANY_HEADER:
            outgoing = packet.data[10] == _OUTGOING
        return described + packet_block(number, packet.time_ns, packet.data, packet.size, outgoing)

    def _interface(self, source: str, data: bytes) -> tuple[int, bytes]:
        """The number of a packet's interface, and its block if it is new."""
        header = self._readers[source].header
        assert header is not None
        node, interface = self._sources[source]
        if self._is_any(source) and len(data) >= _ANY_HEADER:
            interface = self._find_name(node, int.from_bytes(data[4:8], "big"))
        key = f"{node}:{interface}", header.link_type
        if key in self._interfaces:
            return self._interfaces[key], b""
        self._interfaces[key] = len(self._interfaces)
        return self._interfaces[key], interface_block(key[0], header.link_type, header.snap_length)

    def _is_any(self, source: str) -> bool:
        header = self._readers[source].header
        return header is not None and header.link_type == _ANY
