"""Waiting for a named condition; on timeout the last state that was seen is shown."""

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
    fix: str | None = None,
) -> T:
    """Poll `probe` until it gives a value; it returns (value or None, state in words).

    `timeout` and `interval` in seconds. Raises CheckFailed with the last state.
    """
    deadline = time.monotonic() + timeout
    while True:
        value, state = probe()
        if value is not None:
            return value
        if time.monotonic() >= deadline:
            raise CheckFailed(
                f"waited {timeout:g} s for {what}", why=f"last state: {state}", fix=fix
            )
        time.sleep(interval)  # the polling interval of a named condition
