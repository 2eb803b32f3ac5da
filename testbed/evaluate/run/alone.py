"""One run in a lab at a time, and one that writes into a directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.lock import LockHeld, locked_directory


@contextmanager
def alone(directory: Path, lab: Path) -> Iterator[None]:
    """No other run in the lab of this lock, or into `directory`, meanwhile. Raises TestbedError."""
    with ExitStack() as held:
        for place, words in ((lab, "uses this lab"), (directory, f"writes into {directory}")):
            try:
                held.enter_context(locked_directory(place, patience=0, mode=0o755))
            except LockHeld:
                raise TestbedError(
                    f"another run {words}",
                    why="each needs the whole of both: the lab and a directory",
                    fix="wait for its end, or -n NAME for another lab with --out for a directory",
                ) from None
        yield
