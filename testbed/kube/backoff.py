"""When watches try again: after growing pauses, and all at once when one of them gets through."""

from __future__ import annotations

import threading


class Backoff:
    """Shared by all watches of a source."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._successes = 0
        self._ended = False

    @property
    def successes(self) -> int:
        """How often somebody got through, so far."""
        with self._changed:
            return self._successes

    def wait(self, seconds: float, successes: int) -> bool:
        """Pause, but only as long as nobody got through since there were so many successes.

        True when all is to end.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._successes != successes, seconds)
            return self._ended

    def through(self) -> None:
        """The API server answers again."""
        with self._changed:
            self._successes += 1
            self._changed.notify_all()

    def end(self) -> None:
        """Let every watch return at its next pause."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
