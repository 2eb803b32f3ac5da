"""How soon policies may change again: at once, and later and later while they keep changing.

For what is not urgent: a link that comes back, a metric. What is lost is left at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST, LONGEST = 0.1, 2.0  # seconds
QUIET = 10.0  # seconds without a change after which the next one is made at once


class Damping:
    """A link that flaps moves traffic a few times, then every LONGEST seconds at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last, self._pause = -QUIET, 0.0

    def note_change(self) -> None:
        """Policies have changed just now."""
        now = self._clock()
        calm = now - self._last >= QUIET
        self._pause = 0.0 if calm else min(LONGEST, max(FIRST, 2 * self._pause))
        self._last = now

    def seconds_left(self) -> float:
        """How long further events are gathered first."""
        return max(0.0, self._last + self._pause - self._clock())
