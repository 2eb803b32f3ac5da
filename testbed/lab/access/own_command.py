"""The testbed's own command, as a process of its own: entering a lab is for good."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from testbed.errors import TestbedError
from testbed.host import children, told
from testbed.interpreter import own_program


def testbed(*arguments: str) -> str:
    """Run `testbed ARGUMENTS` to its end; gives its output. Raises TestbedError if it fails."""
    return run(*arguments).stdout


def run(
    *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The same; what it said on the way is in `stderr`. `environment` is added to the caller's.

    It ends with this process, also when that is killed.
    """
    done = subprocess.run(
        own_program("testbed", *arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, **children.of_this_process(), **(environment or {})},
    )
    programs, said = split_programs(done.stderr)
    print(programs, end="", file=sys.stderr, flush=True)
    if done.returncode != 0:
        raise TestbedError(
            f"testbed {' '.join(arguments)}: exit {done.returncode}",
            why=said.strip()[-1500:],
            exit_code=1,
        )
    return done


def split_programs(stderr: str) -> tuple[str, str]:
    """What --verbose says of programs, and the rest."""
    lines = stderr.splitlines(keepends=True)
    if not told.is_told():
        return "", stderr
    programs = [line for line in lines if line.startswith(told.MARK)]
    return "".join(programs), "".join(line for line in lines if line not in programs)
