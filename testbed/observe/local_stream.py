"""Both ends of a numbered stream in namespaces of this kernel."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

from testbed.host.namespaces import in_netns
from testbed.host.wait import wait_for
from testbed.observe.place import Address, Stopped
from testbed.observe.stream import arrivals, emit, family_of, receiver

_QUIET = 0.5  # seconds without a packet after which none is in flight any more


class LocalReceiver:
    """See testbed.observe.place.StreamReceiver. Raises OSError."""

    def __init__(self, netns: str, address: Address, tag: int) -> None:
        self._tag = tag
        with in_netns(netns):
            self._socket = receiver(address)
        self.port: int = self._socket.getsockname()[1]

    def arrivals(self, closing: Callable[[], bool]) -> Iterator[tuple[int, float]]:
        """Sequence numbers and when each came, by the monotonic clock."""
        for number in arrivals(self._socket, self._tag, closing):
            yield number, time.monotonic()

    def drain(self, missing: Callable[[], int]) -> None:
        """Packets in flight arrive, or nothing has arrived for half a second."""
        before, since = missing(), time.monotonic()

        def probe() -> tuple[bool | None, str]:
            nonlocal before, since
            now = missing()
            if now != before:
                before, since = now, time.monotonic()
            quiet = time.monotonic() - since > _QUIET
            return (True if quiet or now == 0 else None), f"{now} under way"

        wait_for("the last packets", probe, timeout=10)

    def close(self) -> None:
        self._socket.close()


class LocalSender:
    """See testbed.observe.place.StreamSender. Raises OSError."""

    def __init__(self, netns: str, address: Address, port: int, tag: int, rate: int) -> None:
        self._target, self._tag, self._rate = (str(address), port), tag, rate
        with in_netns(netns):
            self._socket = socket.socket(family_of(address), socket.SOCK_DGRAM)

    def send(self, stopped: Stopped) -> Iterator[int]:
        """Send until `stopped`; yields how many were sent so far."""
        return emit(self._socket, self._target, self._tag, self._rate, stopped)

    def close(self) -> None:
        self._socket.close()
