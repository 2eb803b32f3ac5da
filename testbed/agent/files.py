"""Writes the agent's state files; what goes wrong is one of the testbed's errors."""

from __future__ import annotations

from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.files import write_atomically


def write_file(path: Path, text: str) -> None:
    """Replace a file, so that readers see the old or the new one; raises TestbedError."""
    try:
        write_atomically(path, text)
    except OSError as error:
        why = error.strerror
        raise TestbedError("cannot write", where=str(path), why=why, exit_code=4) from None
