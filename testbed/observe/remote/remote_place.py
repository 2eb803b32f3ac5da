"""A network namespace of a guest: the same code as on this kernel, run there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.errors import TestbedError
from testbed.observe.place import Address
from testbed.observe.remote.agent_program import agent_command
from testbed.observe.remote.exchange import Reads
from testbed.observe.remote.guest_exchange import exchange_in_guest
from testbed.observe.remote.messages import (
    Exchange,
    ProbesSent,
    SendCanary,
    SendProbes,
    decode_message,
)
from testbed.observe.remote.remote_capture import RemoteCapture
from testbed.observe.remote.remote_stream import RemoteReceiver, RemoteSender
from testbed.observe.tag import TAG_SIZE, Run
from testbed.providers.vagrant.guest.ssh import Guest

OWN = "/proc/self/ns/net"


@dataclass(frozen=True)
class RemotePlace:
    """See testbed.observe.place. The namespace is the guest's own, or that of one of its pods."""

    guest: Guest
    netns: str = OWN

    @property
    def kernel(self) -> str:
        """The guest's."""
        return self.guest.name

    def capture(self, namespaces: Mapping[str, str], only: Run | None) -> RemoteCapture:
        """See testbed.observe.place."""
        assert only is not None, "a capture of all packets on another kernel"
        return RemoteCapture(self.guest, namespaces, only)

    def send_canary(self, tag: bytes) -> None:
        """See testbed.observe.canary."""
        self.guest.run(agent_command(SendCanary(self.netns, tag)))

    def send_probes(
        self, address: Address, run: Run, count: int, size: int = TAG_SIZE
    ) -> tuple[list[bytes], str | None]:
        """See testbed.observe.probe."""
        request = SendProbes(self.netns, str(address), run.random, count, size)
        sent = decode_message(self.guest.run(agent_command(request)).stdout)
        if not isinstance(sent, ProbesSent):
            raise TestbedError(f"{self.guest.name} does not say which probes it sent")
        return [run.tag(number) for number in range(sent.count)], sent.refusal

    def exchange(
        self, address: Address, port: int, data: bytes, timeout: float, reads: Reads
    ) -> bytes:
        """See testbed.observe.remote.exchange. Raises OSError."""
        request = Exchange(self.netns, str(address), port, data, timeout, reads)
        return exchange_in_guest(self.guest, request)

    def receive_stream(self, address: Address, tag: int) -> RemoteReceiver:
        """See testbed.observe.remote.remote_stream."""
        return RemoteReceiver(self.guest, self.netns, address, tag)

    def send_stream(self, address: Address, port: int, tag: int, rate: int) -> RemoteSender:
        """See testbed.observe.remote.remote_stream."""
        return RemoteSender(self.guest, self.netns, address, port, tag, rate)
