"""A numbered stream between pods in virtual machines: the same two ends, run in the guests."""

from __future__ import annotations

import json
from dataclasses import dataclass

from testbed.host.wait import wait_for
from testbed.observe.remote.guest import GuestPlace
from testbed.prove.stream import Stream


@dataclass
class RemoteStream(Stream):
    """See Stream. Times of arrival are by the clock of the guest that received."""

    source_place: GuestPlace | None = None
    destination_place: GuestPlace | None = None

    def _open(self) -> None:
        assert self.source_place and self.destination_place
        self._ears = self.destination_place.program("receive", str(self.address), str(self._tag))
        port = json.loads(self._ears.next("the stream's receiver"))["port"]
        words = ("emit", str(self.address), str(port), str(self._tag), str(self.rate))
        self._mouth = self.source_place.program(*words)
        self._mouth.next("the stream's sender")

    def _close(self) -> None:
        self._mouth.close()
        self._ears.close()

    def _drain(self) -> None:
        """The receiver ends by itself once nothing comes any more; then all it had is known."""
        self._ears.end()
        wait_for("the last packets", lambda: (self._ears.ended or None, "under way"), timeout=60)

    def _send(self) -> None:
        """The guest sends by itself; here only the end of it is waited for."""
        while not self._stop.wait(0.1):
            self._count()
        self._mouth.end()
        while not self._mouth.ended:
            self._count(0.1)

    def _count(self, patience: float = 0.0) -> None:
        for line in self._mouth.wait(patience):
            self.sent = int(json.loads(line)["sent"])

    def _receive(self) -> None:
        while True:
            lines = self._ears.wait(0.1)
            if not lines and (self._closing or self._ears.ended):
                return
            for line in lines:
                for number, at in json.loads(line)["arrived"]:
                    self.arrivals.setdefault(number, at)
