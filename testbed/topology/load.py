"""Loads the plan of a topology, given its name or file, in a separate process without root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.for_caller import caller
from testbed.host.run_queue import seconds_in_run_queue
from testbed.interpreter import own_program
from testbed.object_fields.close import did_you_mean
from testbed.paths import TOPOLOGIES
from testbed.plan.model import Plan, Profile
from testbed.plan.problems import InvalidPlan, Problem

# Seconds for the user's file to build its topology; on a busy machine those do not count in which
# it has no processor.
TIME_LIMIT = 10.0
SHIPPED = TOPOLOGIES


def load_plan(
    name: str,
    profile: Profile = "fast",
    params: dict[str, str] | None = None,
    time_limit: float = TIME_LIMIT,
) -> Plan:
    """The plan of a shipped topology (`full`) or of a file (`my_topology.py`).

    Raises InvalidPlan with every problem, or TestbedError if there is no such topology.
    """
    return begin(name, profile, params).plan(time_limit)


def begin(name: str, profile: Profile = "fast", params: dict[str, str] | None = None) -> Pending:
    """Start the evaluation in the background."""
    file = find(name)
    command = own_program("testbed.topology.evaluate_main", str(file))
    command += ["--profile", profile, "--params", json.dumps(params or {})]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_as_calling_user(),
        env=_evaluation_environment(),
    )
    return Pending(file, process)


@dataclass(frozen=True)
class Pending:
    """A topology that is being evaluated."""

    file: Path
    process: subprocess.Popen[str]

    def plan(self, time_limit: float = TIME_LIMIT) -> Plan:
        """Wait for the plan; raises as load_plan does."""
        try:
            stdout, stderr = self._wait(time_limit)
        finally:
            self._end_process()
        try:
            result = json.loads(stdout.splitlines()[-1])
        except (json.JSONDecodeError, IndexError):
            raise self._ended_early(stderr) from None
        if result["problems"]:
            raise InvalidPlan(self.file.name, [Problem(**p) for p in result["problems"]])
        return Plan.model_validate(result["plan"])

    def _ended_early(self, stderr: str) -> TestbedError:
        """The process that reads the file ended without a result."""
        last = (stderr.strip().splitlines() or [""])[-1]
        code = self.process.returncode
        ended = f"signal {-code} ended it" if code < 0 else f"exit code {code}"
        missing = last.startswith(("ModuleNotFoundError", "ImportError"))
        return TestbedError(
            "reading the topology ended without a result",
            where=self.file.name,
            why=f"{last} ({ended})" if last else f"Python ended in the midst of it: {ended}",
            fix="make deps"
            if missing
            else "look in the file for what ends Python or takes all memory, e.g. os._exit()",
        )

    def _wait(self, time_limit: float) -> tuple[str, str]:
        end = time.monotonic() + time_limit
        while (left := end + seconds_in_run_queue(self.process.pid) - time.monotonic()) > 0:
            with suppress(subprocess.TimeoutExpired):
                return self.process.communicate(timeout=left)
        raise TestbedError(
            f"the topology was not built after {time_limit:g} s",
            where=self.file.name,
            why="its code does not return",
            fix="look for an endless loop in the file",
        )

    def _end_process(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def find(name: str) -> Path:
    """The file behind a topology's name."""
    for path in (Path(name), SHIPPED / f"{name}.py"):
        if path.suffix == ".py" and path.is_file():
            return path.resolve()
    raise TestbedError(
        f"no topology {name!r}",
        why=f"neither a Python file nor one of: {', '.join(shipped())}",
        fix=did_you_mean(name, shipped()) or "name one of these, or give the path of a .py file",
    )


def shipped() -> list[str]:
    """Names of the topologies that come with the project."""
    return sorted(p.stem for p in SHIPPED.glob("*.py"))


def _evaluation_environment() -> dict[str, str]:
    """Mininet imports distutils; before Python 3.12 the standard one loads 0.1 s sooner."""
    stdlib = {"SETUPTOOLS_USE_DISTUTILS": "stdlib"} if sys.version_info < (3, 12) else {}
    return dict(os.environ, **stdlib)


def _as_calling_user() -> Callable[[], None] | None:
    """Under sudo the file still runs as the user who called it, never as root."""
    user = caller()
    if user is None:
        return None
    uid, gid = user

    def drop() -> None:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)

    return drop
