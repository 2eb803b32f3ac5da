"""What can be done in a network namespace, on this kernel or on another one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from testbed.observe.frame import Frame
from testbed.observe.remote.exchange import Reads
from testbed.observe.tag import TAG_SIZE, Run

Address = IPv4Address | IPv6Address
# Waits so many seconds; says whether to stop.
Stopped = Callable[[float], bool]


class FrameSource(Protocol):
    """The captures on one kernel, as one source of frames."""

    def wait_ready(self) -> None:
        """Wait until it captures. Raises CheckFailed."""

    def fileno(self) -> int:
        """Readable when there is something to drain."""

    def drain(self) -> list[Frame]:
        """What has come, without waiting. Raises CheckFailed."""

    def flush(self) -> list[Frame]:
        """Everything that was captured so far, also what is still under way to us."""

    def dropped(self) -> Mapping[str, int]:
        """By namespace: how many captured packets the kernel dropped since the last call."""

    def close(self) -> None:
        """End the captures."""


class StreamReceiver(Protocol):
    """Where a numbered stream arrives."""

    port: int

    def arrivals(self, closing: Callable[[], bool]) -> Iterator[tuple[int, float]]:
        """Sequence numbers and when each came, in seconds of one clock, until `closing`."""

    def drain(self, missing: Callable[[], int]) -> None:
        """Wait until packets in flight have arrived; `missing` counts those that have not."""

    def close(self) -> None:
        """End it."""


class StreamSender(Protocol):
    """Where a numbered stream comes from."""

    def send(self, stopped: Stopped) -> Iterator[int]:
        """Send until `stopped`; yields how many were sent so far."""

    def close(self) -> None:
        """End it."""


class Place(Protocol):
    """A network namespace: testbed.observe.local_place, testbed.observe.remote.remote_place."""

    @property
    def netns(self) -> str:
        """Name or path of the namespace, on its own kernel."""

    @property
    def kernel(self) -> Hashable:
        """Equal for all places of one kernel, which are captured together."""

    def capture(self, namespaces: Mapping[str, str], only: Run | None) -> FrameSource:
        """Begin to capture in namespaces of this kernel (name → netns); see Capture."""

    def send_canary(self, tag: bytes) -> None:
        """Send one packet on the namespace's own loopback; see testbed.observe.canary."""

    def send_probes(
        self, address: Address, run: Run, count: int, size: int = TAG_SIZE
    ) -> tuple[list[bytes], str | None]:
        """See testbed.observe.probe."""

    def exchange(
        self, address: Address, port: int, data: bytes, timeout: float, reads: Reads
    ) -> bytes:
        """See testbed.observe.remote.exchange. Raises OSError."""

    def receive_stream(self, address: Address, tag: int) -> StreamReceiver:
        """Receive a numbered stream at one of the namespace's addresses."""

    def send_stream(self, address: Address, port: int, tag: int, rate: int) -> StreamSender:
        """Send a numbered stream, `rate` packets per second."""


def group_by_kernel(places: Mapping[str, Place]) -> list[tuple[Place, dict[str, str]]]:
    """Any one place of each kernel, and that kernel's namespaces: name → netns."""
    groups: dict[Hashable, tuple[Place, dict[str, str]]] = {}
    for name, place in places.items():
        groups.setdefault(place.kernel, (place, {}))[1][name] = place.netns
    return list(groups.values())
