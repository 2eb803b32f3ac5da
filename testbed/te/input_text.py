"""Text that a user hands over: a file, a pipe, or standard input as `-`; never without end."""

from __future__ import annotations

import sys
from pathlib import Path

from testbed.errors import TestbedError

STDIN = Path("-")
LIMIT = 16 << 20  # bytes; 1,000 policies are some 1 MB


def read_input(file: Path, limit: int = LIMIT) -> str:
    """All of it. Raises TestbedError for what is no UTF-8 text, or longer than `limit` bytes."""
    try:
        if file == STDIN:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with file.open("rb") as stream:
                data = stream.read(limit + 1)
    except OSError as error:
        fix = None
        if file.is_relative_to("/dev/fd"):  # sudo closes what the shell opened for <(…)
            fix = "COMMAND | testbed … -f -"
        what = f"cannot be read: {error.strerror}"
        raise TestbedError(what, where=str(file), fix=fix) from None
    if len(data) > limit:
        raise TestbedError(f"the file is longer than {limit >> 20} MB", where=str(file))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TestbedError("the file is no UTF-8 text", where=file.name) from None


def from_here(file: Path) -> Path:
    """The path as it is wherever this process goes; links of /dev/fd are not followed."""
    return file if file == STDIN else file.absolute()
