"""A numbered packet stream between two namespaces, and what became of every packet."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from types import TracebackType

from testbed.host.wait import wait_for
from testbed.observe.place import Place


@dataclass
class Stream:
    """UDP packets at a constant rate from one namespace to another, while the `with` lasts.

    `rate` in packets per second. After the block: `sent`, `received`, `lost` (sequence numbers
    that never arrived), `longest_gap` (seconds between two arrivals) and `outage` (seconds).
    """

    source: Place
    destination: Place
    address: IPv4Address | IPv6Address  # of the destination
    rate: int = 1000
    sent: int = 0
    arrivals: dict[int, float] = field(default_factory=dict)  # sequence number → time
    patience: int = 1  # the factor by which time limits are longer
    _tag: int = field(default_factory=time.monotonic_ns)

    def __enter__(self) -> Stream:
        self._stop = threading.Event()
        self._open_ends()
        self._threads = [
            threading.Thread(target=self._receive_packets, daemon=True),
            threading.Thread(target=self._send_packets, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self.flowing()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._threads[1].join()
        if kind is None:
            self._receiver.drain(lambda: self.lost)
        self._closing = True
        self._threads[0].join()
        self._close_ends()

    _closing = False

    def _open_ends(self) -> None:
        self._receiver = self.destination.receive_stream(self.address, self._tag)
        try:
            port = self._receiver.port
            self._sender = self.source.send_stream(self.address, port, self._tag, self.rate)
        except BaseException:
            self._receiver.close()
            raise

    def _close_ends(self) -> None:
        self._sender.close()
        self._receiver.close()

    def flowing(self, count: int = 20, timeout: float = 30) -> None:
        """Wait until `count` more packets have arrived. Raises CheckFailed."""
        wanted = len(self.arrivals) + count
        wait_for(
            f"traffic to {self.address}",
            lambda: (
                True if len(self.arrivals) >= wanted else None,
                f"{self.sent} sent, {len(self.arrivals)} arrived",
            ),
            timeout * self.patience,
        )

    @property
    def lost(self) -> int:
        """Packets that never arrived."""
        return self.sent - len(self.arrivals)

    @property
    def longest_gap(self) -> float:
        """The longest silence between two arrivals, in seconds."""
        times = sorted(self.arrivals.values())
        return max((b - a for a, b in pairwise(times)), default=0.0)

    @property
    def outage(self) -> float:
        """The longest time for which all that was sent got lost, in seconds.

        Unlike a gap it is not longer where a busy machine sent or read packets late.
        """
        arrived = [-1, *sorted(self.arrivals), self.sent]
        return (max(b - a for a, b in pairwise(arrived)) - 1) / self.rate

    def _send_packets(self) -> None:
        for sent in self._sender.send(self._stop.wait):
            self.sent = sent

    def _receive_packets(self) -> None:
        for number, at in self._receiver.arrivals(lambda: self._closing):
            self.arrivals.setdefault(number, at)
