"""How soon something is done again that costs more the more there is."""

from __future__ import annotations

import time
from collections.abc import Callable

_REST = 4.0  # times as long as doing it took


class Pace:
    """Doing it takes a fifth of the time at most; the first time waits for nothing.

    A peer that announces a thousand paths one by one would have each of them cost as much as all,
    in the agent of each node.
    """

    def __init__(self, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest, self._clock = longest, clock
        self._due = 0.0

    def note(self, begun: float) -> None:
        """It was done, from this time of the clock until now."""
        now = self._clock()
        self._due = now + min(self._longest, _REST * (now - begun))

    def seconds_left(self) -> float:
        """How long what asks for it is gathered before it is done again."""
        return max(0.0, self._due - self._clock())
