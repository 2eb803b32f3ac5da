"""Runs the programs that change the kernel for the agent: ip, bridge and nft."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from testbed.errors import TestbedError
from testbed.host import run as host_run
from testbed.json_types import JsonObject, as_object

TIMEOUT = 20.0  # seconds; these programs answer in milliseconds unless the machine hangs


def run(argv: Sequence[str], stdin: str = "") -> str:
    """Run to the end and return stdout; raises TestbedError with what the program complained of."""
    return host_run.run(argv, stdin, TIMEOUT).stdout


def attempt(argv: Sequence[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run to the end whatever comes out; raises TestbedError when it cannot start, or hangs."""
    return host_run.run(argv, stdin, TIMEOUT, check=False)


def batch(argv: Sequence[str], lines: Sequence[str]) -> list[str]:
    """Give `ip` or `bridge` all lines at once, each tried whatever became of others; complaints."""
    if not lines:
        return []
    done = attempt([*argv, "-force", "-batch", "-"], "\n".join(lines) + "\n")
    return [line for line in done.stderr.splitlines() if not line.startswith("Command failed")]


def listed(argv: Sequence[str]) -> list[JsonObject]:
    """The JSON list that `ip -j` prints. Raises TestbedError: it fails, or prints no such list."""
    with understood(argv):
        return parse_list(run(argv))


def parse_list(text: str) -> list[JsonObject]:
    """The objects of a JSON list as `ip` prints it: no text is an empty list.

    Of a key that an object has twice (an encapsulation's `dst` or `table` beside the route's) the
    first counts; the second is called `KEY again`. Raises ValueError.
    """
    found = json.loads(text.strip() or "[]", object_pairs_hook=_keep_first)
    if not isinstance(found, list):
        raise ValueError(f"a list is expected, not {text.strip()[:80]!r}")
    return [as_object(entry) for entry in found if entry]


def _keep_first(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        found[f"{key} again" if key in found else key] = value
    return found


@contextmanager
def understood(argv: Sequence[str]) -> Iterator[None]:
    """Around the reading of what a program printed: raises TestbedError if that is not understood.

    Which is another thing than that there is nothing of what was asked for.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise TestbedError(
            f"what {argv[0]} prints is not understood",
            where=shlex.join(argv),
            why=f"{type(error).__name__}: {error}"[:300],
            fix="`testbed doctor` names the version here; those that were tried are in "
            "docs/tried.md",
            exit_code=1,
        ) from None
