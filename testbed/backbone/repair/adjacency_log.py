"""Being told of adjacencies that go down and come up: isisd's log, followed without polling.

What BFD finds comes to isisd by zebra, and isisd logs at once what it makes of it. FRR 8.4 has a
socket of bfdd to be told by, FRR 10.3 has not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from inotify_simple import INotify, flags

from testbed.host.supervisor import LAB

_CHANGE = re.compile(
    rb"ADJCHANGE: Adjacency to \S+ \((?P<interface>\S+)\) for level-2 "
    rb"changed from \S+ to (?P<state>Up|Down),"
)


@dataclass(frozen=True)
class Change:
    """The adjacency over this interface has gone down, or is up."""

    interface: str
    down: bool


class AdjacencyLog:
    """Changes at one router, from now on. Raises OSError if there is no log."""

    def __init__(self, router: str) -> None:
        path = LAB.logs / f"{router}.isisd.log"
        self._file = path.open("rb")
        self._file.seek(0, 2)
        self.events = INotify()
        self.events.add_watch(str(path), flags.MODIFY | flags.MOVE_SELF | flags.DELETE_SELF)
        self._line = b""

    def read(self) -> list[Change]:
        """Those since the last call. Raises OSError when the log was replaced by another."""
        moved = any(not event.mask & flags.MODIFY for event in self.events.read(timeout=0))
        *lines, self._line = (self._line + self._file.read()).split(b"\n")
        if moved:
            raise FileNotFoundError("its log was rotated")
        return read_changes(lines)

    def close(self) -> None:
        """Follow it no more."""
        self.events.close()
        self._file.close()


def read_changes(lines: list[bytes]) -> list[Change]:
    """What lines of the log say of adjacencies."""
    found = (_CHANGE.search(line) for line in lines)
    return [Change(x["interface"].decode(), x["state"] == b"Down") for x in found if x]
