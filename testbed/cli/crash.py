"""Errors that nobody foresaw: one line for the user, the traceback in a file for the developer."""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path

from testbed import __version__
from testbed.errors import TestbedError
from testbed.host.for_caller import make_directory, write_for_caller


def state_home() -> Path:
    """Where testbed keeps what outlives a lab: $TESTBED_STATE, or the XDG state directory."""
    given = os.environ.get("TESTBED_STATE")
    if given:
        return Path(given)
    xdg = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(xdg) / "testbed"


def unforeseen(error: BaseException) -> TestbedError:
    """The error to show for a bug, with the file that holds its traceback."""
    try:
        report = f"the details are in {_write_traceback(error)}; please report it with that file"
    except (OSError, RuntimeError) as failure:  # RuntimeError: there is no home directory
        report = f"its details could not be kept: {failure}"
    return TestbedError(
        f"unexpected {type(error).__name__}: {_first_line(error)}",
        why="this is a bug in testbed",
        fix=report,
        exit_code=1,
    )


def _write_traceback(error: BaseException) -> Path:
    directory = state_home() / "crashes"
    make_directory(directory)
    file = directory / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    head = [f"testbed {__version__}, Python {sys.version}", f"command: {sys.argv}", ""]
    write_for_caller(file, "\n".join(head) + "".join(traceback.format_exception(error)))
    return file


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0][:200]
