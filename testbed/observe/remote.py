"""Captures and probes in virtual machines: the same code, run there, its words brought here."""

from __future__ import annotations

import json
import select
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

from testbed.errors import CheckFailed
from testbed.host.wait import wait_for
from testbed.observe.frame import Frame
from testbed.observe.place import RemotePlace
from testbed.observe.tag import Run
from testbed.vm.guest import Guest
from testbed.vm.payload import MODULE

if TYPE_CHECKING:
    import paramiko

OWN = "/proc/self/ns/net"
PATIENCE = 60.0  # seconds; Python starts slowly in software emulation
_CHUNK = 1 << 16  # bytes


@dataclass(frozen=True)
class GuestPlace:
    """A network namespace of a guest: its own, or that of one of its pods."""

    guest: Guest
    netns: str = OWN

    @property
    def machine(self) -> str:
        return self.guest.name

    def capture(self, names: Mapping[str, RemotePlace], run: Run) -> RemoteCapture:
        """See testbed.observe.place."""
        places = {n: p.netns for n, p in names.items() if isinstance(p, GuestPlace)}
        return RemoteCapture(self.guest, places, run)

    def program(self, what: str, *words: str) -> Lines:
        """One of testbed.observe.there's, in this namespace."""
        return Lines(self.guest.open(_command(what, self.netns, *words)))

    def sing(self, tag: bytes) -> None:
        """See testbed.observe.canary."""
        self.guest.run(_command("sing", self.netns, tag.hex()))

    def send(
        self, address: IPv4Address | IPv6Address, run: Run, count: int
    ) -> tuple[list[bytes], str | None]:
        """See testbed.observe.probe."""
        command = _command("send", self.netns, str(address), run.hex(), str(count))
        said = json.loads(self.guest.run(command).stdout)
        return [bytes.fromhex(tag) for tag in said["tags"]], said["refusal"]


class Lines:
    """What a program in a guest says, line by line."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel, self._partial = channel, b""

    def lines(self) -> list[str]:
        """What has come, without waiting."""
        found: list[bytes] = []
        while self._channel.recv_ready():
            *whole, self._partial = (self._partial + self._channel.recv(_CHUNK)).split(b"\n")
            found += whole
        return [line.decode() for line in found]

    def wait(self, patience: float) -> list[str]:
        """What has come, or comes within so many seconds."""
        select.select([self._channel], [], [], patience)
        return self.lines()

    def next(self, what: str, patience: float = PATIENCE) -> str:
        """The next line, where one at a time comes. Raises CheckFailed."""

        def probe() -> tuple[str | None, str]:
            found = self.lines()
            if not found and self.ended:
                raise CheckFailed(f"no {what}: the program there ended", why=self._complaint())
            return (found[0] if found else None), self._complaint()

        return wait_for(what, probe, patience)

    def say(self, line: str) -> None:
        """Give the program a line on its standard input. Raises OSError."""
        self._channel.sendall(f"{line}\n".encode())

    @property
    def ended(self) -> bool:
        """True once the program has ended and said all."""
        return self._channel.exit_status_ready() and not self._channel.recv_ready()

    def end(self) -> None:
        """Close the program's standard input: it ends by itself."""
        self._channel.shutdown_write()

    def close(self) -> None:
        self._channel.close()

    def _complaint(self) -> str:
        if not self._channel.recv_stderr_ready():
            return "nothing yet"
        return self._channel.recv_stderr(_CHUNK).decode(errors="replace")[-300:]


class RemoteCapture:
    """All captures of one guest, by one program there. Raises TestbedError, CheckFailed."""

    def __init__(self, guest: Guest, places: Mapping[str, str], run: Run) -> None:
        self.guest = guest
        words = [f"{name}={netns}" for name, netns in places.items()]
        self._channel: paramiko.Channel = guest.open(_command("capture", run.hex(), *words))
        self._partial = b""
        self._said: set[str] = set()
        self._early: list[Frame] = []

    def ready(self) -> None:
        """Wait until it captures."""
        self._early += self._until("ready")

    def fileno(self) -> int:
        """Readable when there is something to drain."""
        return self._channel.fileno()

    def drain(self) -> list[Frame]:
        """What has come, without waiting."""
        frames, self._early = self._early, []
        while self._channel.recv_ready():
            *lines, self._partial = (self._partial + self._channel.recv(_CHUNK)).split(b"\n")
            frames += [f for line in lines if (f := self._take(json.loads(line))) is not None]
        return frames

    def rest(self) -> list[Frame]:
        """Everything that was captured so far, also what is still under way to us."""
        self._said.discard("flushed")
        self._channel.sendall(b"\n")
        return self._until("flushed")

    def close(self) -> None:
        self._channel.close()

    def _until(self, word: str) -> list[Frame]:
        frames: list[Frame] = []

        def probe() -> tuple[bool | None, str]:
            frames.extend(self.drain())
            if self._channel.exit_status_ready() and word not in self._said:
                words = self._channel.recv_stderr(_CHUNK).decode(errors="replace").strip()
                raise CheckFailed(
                    f"the capture in {self.guest.name} ended", why=words[-500:] or "no word"
                )
            return (word in self._said or None), "nothing yet"

        wait_for(f"the capture in {self.guest.name} to be {word}", probe, PATIENCE)
        return frames

    def _take(self, said: dict[str, Any]) -> Frame | None:
        if "failed" in said:
            why = f"dropped in {self.guest.name}: {said['failed']}"
            raise CheckFailed("the capture lost packets", why=why)
        if "frame" in said:
            node, interface, outgoing, time_ns, data = said["frame"]
            return Frame(node, interface, outgoing, time_ns, b64decode(data))
        self._said |= said.keys()
        return None


def _command(*words: str) -> list[str]:
    return [*MODULE, "testbed.observe.there", *words]
