"""Reports the progress of a long step at intervals, for a terminal or a log."""

from __future__ import annotations

import time
from collections.abc import Callable

PAUSE = 15.0  # seconds between two lines


class Progress:
    """Says `text(done)` when at least `pause` seconds have passed since the last line."""

    def __init__(
        self,
        say: Callable[[str], None],
        text: Callable[[int], str],
        *,
        pause: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say, self._text, self._clock = say, text, clock
        self._pause = PAUSE if pause is None else pause
        self._last = clock()

    def at(self, done: int) -> None:
        """Note that so much is done."""
        now = self._clock()
        if now - self._last >= self._pause:
            self._last = now
            self._say(self._text(done))
