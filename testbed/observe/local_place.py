"""A network namespace of this kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.host.namespaces import in_netns
from testbed.observe import canary, probe
from testbed.observe.local_capture import LocalCapture
from testbed.observe.local_stream import LocalReceiver, LocalSender
from testbed.observe.place import Address
from testbed.observe.remote.exchange import Reads, exchange, open_socket
from testbed.observe.tag import TAG_SIZE, Run


@dataclass(frozen=True)
class LocalPlace:
    """See testbed.observe.place."""

    netns: str  # a pinned name, or a path

    @property
    def kernel(self) -> str:
        """This one."""
        return "local"

    def capture(self, namespaces: Mapping[str, str], only: Run | None) -> LocalCapture:
        """Raises TestbedError if a namespace cannot be entered."""
        return LocalCapture(namespaces, only)

    def send_canary(self, tag: bytes) -> None:
        """See testbed.observe.canary."""
        canary.send_canary(self.netns, tag)

    def send_probes(
        self, address: Address, run: Run, count: int, size: int = TAG_SIZE
    ) -> tuple[list[bytes], str | None]:
        """See testbed.observe.probe."""
        return probe.send(self.netns, address, run, count, size=size)

    def exchange(
        self, address: Address, port: int, data: bytes, timeout: float, reads: Reads
    ) -> bytes:
        """See testbed.observe.remote.exchange. Raises OSError."""
        with in_netns(self.netns):
            opened = open_socket(address, reads)
        with opened:
            return exchange(opened, address, port, data, timeout, reads)

    def receive_stream(self, address: Address, tag: int) -> LocalReceiver:
        """See testbed.observe.local_stream."""
        return LocalReceiver(self.netns, address, tag)

    def send_stream(self, address: Address, port: int, tag: int, rate: int) -> LocalSender:
        """See testbed.observe.local_stream."""
        return LocalSender(self.netns, address, port, tag, rate)
