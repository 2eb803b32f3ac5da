"""One evaluation of a lab at a time, and one that writes into a directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.lock import LockHeld, locked_directory
from testbed.paths import LAB

LOCK = LAB / "evaluation"


@contextmanager
def alone(directory: Path, lab: Path = LOCK) -> Iterator[None]:
    """No other evaluation of this lab, or into `directory`, meanwhile. Raises TestbedError."""
    with ExitStack() as held:
        for place, words in ((lab, "in this lab"), (directory, f"into {directory}")):
            try:
                held.enter_context(locked_directory(place, patience=0, mode=0o755))
            except LockHeld:
                raise TestbedError(
                    f"another evaluation is measuring {words}",
                    why="each needs the whole of both: the lab and a directory",
                    fix="wait for its end, or -n NAME for another lab with --out for a directory",
                ) from None
        yield
