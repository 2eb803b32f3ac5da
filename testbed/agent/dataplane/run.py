"""Runs the programs that change the kernel for the agent: ip, bridge and nft."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence

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
    """The JSON list that `ip -j` prints (nothing at all when the list is empty)."""
    return parse_list(run(argv))


def parse_list(text: str) -> list[JsonObject]:
    """The objects of a JSON list as `ip` prints it: no text is an empty list."""
    return [as_object(entry) for entry in json.loads(text.strip() or "[]") if entry]
