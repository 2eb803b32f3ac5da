"""One evaluation of a lab at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.lock import LockHeld, locked_directory
from testbed.paths import LAB

LOCK = LAB / "evaluation"


@contextmanager
def alone(lock: Path = LOCK) -> Iterator[None]:
    """No other evaluation of this lab meanwhile. Raises TestbedError if there is one."""
    try:
        with locked_directory(lock, patience=0):
            yield
    except LockHeld:
        raise TestbedError(
            "another evaluation is measuring in this lab",
            why="transfers of both would be measured together",
            fix="wait for its end, or -n NAME for another lab",
        ) from None
