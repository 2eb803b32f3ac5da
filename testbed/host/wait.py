"""The two ways to try again: waiting for a named condition, and pauses between failed calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from testbed.errors import CheckFailed

T = TypeVar("T")


def wait_for(
    what: str,
    probe: Callable[[], tuple[T | None, str]],
    timeout: float,
    interval: float = 0.02,
    fix: str | Callable[[], str] | None = None,
) -> T:
    """Poll `probe` until it gives a value; it returns (value or None, state in words).

    `timeout` and `interval` in seconds. Raises CheckFailed with the last state. A `fix` that names
    what is still waited for is a function, asked then.
    """
    deadline = time.monotonic() + timeout
    while True:
        value, state = probe()
        if value is not None:
            return value
        if time.monotonic() >= deadline:
            raise CheckFailed(
                f"waited {timeout:g} s for {what}",
                why=f"last state: {state}",
                fix=fix() if callable(fix) else fix,
            )
        time.sleep(interval)  # the polling interval of a named condition


class Backoff:
    """Pauses between calls that fail: each twice as long as the one before, up to a limit.

    `pause`, in seconds, is 0 until something fails.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first, self._longest = first, longest
        self.pause = 0.0

    def failed(self, longest: float | None = None) -> float:
        """Make the pause longer, up to `longest` this time; gives it."""
        self.pause = min(2 * self.pause or self._first, longest or self._longest)
        return self.pause

    def succeeded(self) -> None:
        """The next failure is a first one."""
        self.pause = 0.0
