"""How a program of the lab runs until the supervisor ends it."""

from __future__ import annotations

import signal
import sys
from typing import Protocol

from testbed.errors import TestbedError

_UNFIT = 4  # exit code for what this machine did not do


class Program(Protocol):
    """Something that goes on until it is ended."""

    def run(self) -> None:
        """Return after `end`. Raises TestbedError, OSError."""

    def end(self) -> None:
        """Let `run` return; callable from a signal handler."""


def run_until_ended(program: Program) -> int:
    """Run it until SIGTERM or SIGINT; returns the exit code, after saying why on stderr."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: program.end())
    try:
        program.run()
    except (TestbedError, OSError) as error:
        print(error, file=sys.stderr)
        return error.exit_code if isinstance(error, TestbedError) else _UNFIT
    return 0
