"""The testbed's own command, as a process of its own: entering a lab is for good."""

from __future__ import annotations

import subprocess

from testbed.errors import TestbedError
from testbed.interpreter import own_program


def testbed(*arguments: str) -> str:
    """Run `testbed ARGUMENTS` to its end; gives its output. Raises TestbedError if it fails."""
    return run(*arguments).stdout


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The same; what it said on the way is in `stderr`."""
    done = subprocess.run(
        own_program("testbed", *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise TestbedError(
            f"testbed {' '.join(arguments)}: exit {done.returncode}",
            why=done.stderr.strip()[-1500:],
            exit_code=1,
        )
    return done
