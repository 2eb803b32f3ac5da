"""Both ends of a numbered stream in guests, which send and receive by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from testbed.host.wait import wait_for
from testbed.observe.place import Address, Stopped
from testbed.observe.remote.agent_program import AgentProgram
from testbed.observe.remote.messages import (
    PacketsArrived,
    PacketsSent,
    ReceiveStream,
    SendStream,
    StreamListening,
)
from testbed.providers.vagrant.guest.ssh import Guest

_LOOK = 0.1  # seconds between two looks at what a guest answered
_LAST = 60.0  # seconds until a guest has told of the last packets


class RemoteReceiver:
    """See testbed.observe.place.StreamReceiver. Raises TestbedError, CheckFailed."""

    def __init__(self, guest: Guest, netns: str, address: Address, tag: int) -> None:
        self._program = AgentProgram(guest, ReceiveStream(netns, str(address), tag))
        self.port = self._program.next(StreamListening, "the stream's receiver").port

    def arrivals(self, closing: Callable[[], bool]) -> Iterator[tuple[int, float]]:
        """Sequence numbers and when each came, by the guest's clock."""
        while True:
            messages = self._program.wait(_LOOK)
            if not messages and (closing() or self._program.ended):
                return
            for message in messages:
                if isinstance(message, PacketsArrived):
                    yield from zip(message.numbers, message.times, strict=True)

    def drain(self, missing: Callable[[], int]) -> None:
        """The guest ends by itself once nothing comes any more; then all it had is known."""
        self._program.end()
        wait_for(
            "the last packets",
            lambda: (self._program.ended or None, f"{missing()} under way"),
            timeout=_LAST,
        )

    def close(self) -> None:
        self._program.close()


class RemoteSender:
    """See testbed.observe.place.StreamSender. Raises TestbedError, CheckFailed."""

    def __init__(
        self, guest: Guest, netns: str, address: Address, port: int, tag: int, rate: int
    ) -> None:
        self._program = AgentProgram(guest, SendStream(netns, str(address), port, tag, rate))
        self._program.next(PacketsSent, "the stream's sender")

    def send(self, stopped: Stopped) -> Iterator[int]:
        """The guest sends by itself; here only the end of it is waited for."""
        while not stopped(_LOOK):
            yield from self._read_counts(0)
        self._program.end()
        while not self._program.ended:
            yield from self._read_counts(_LOOK)

    def _read_counts(self, patience: float) -> Iterator[int]:
        for message in self._program.wait(patience):
            if isinstance(message, PacketsSent):
                yield message.count

    def close(self) -> None:
        self._program.close()
