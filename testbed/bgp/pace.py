"""How soon the paths of peers are read again, where there are very many and one was odd."""

from __future__ import annotations

import time
from collections.abc import Callable

MANY = 500  # paths; fewer are read at once
_REST = 4.0  # times as long as reading took
_LONGEST = 5.0  # seconds


class Pace:
    """Reading very many paths takes a fifth of the time at most; the first change waits for none.

    Of most messages nothing has to be read. A peer that sends a thousand of those that only gobgpd
    understands would have all its paths read a hundred times, by the agent of each node.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = 0.0

    def note_read(self, begun: float, paths: int) -> None:
        """So many paths were read, from this time of the clock until now."""
        if paths >= MANY:
            now = self._clock()
            self._due = now + min(_LONGEST, _REST * (now - begun))

    def seconds_left(self) -> float:
        """How long such messages are gathered before paths are read."""
        return max(0.0, self._due - self._clock())
