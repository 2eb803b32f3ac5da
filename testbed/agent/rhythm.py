"""What has to be done in time, but not in every round."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Rhythm:
    """Says in which round something is done: the next after a call, or one within `seconds`."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._called = threading.Event()
        self._called.set()
        self._due: float | None = None

    def call(self) -> None:
        """Have it done in the next round. From any thread."""
        self._called.set()

    def take(self) -> bool:
        """Is it to be done in this round? Then it counts as done."""
        is_due = self._due is not None and self._clock() >= self._due
        if not (self._called.is_set() or is_due):
            return False
        self._called.clear()  # before it is done: what is called for meanwhile is done again
        self._due = None
        return True

    def put_off(self) -> None:
        """Have it done in a round that begins in time. From any thread."""
        if self._due is None:
            self._due = self._clock() + self._seconds

    def left(self) -> float | None:
        """Seconds until the round in which it is due at the latest; None: nothing was put off."""
        return None if self._due is None else max(0.0, self._due - self._clock())
