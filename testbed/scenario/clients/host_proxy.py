"""A process outside of the lab that runs `testbed` commands for a process inside."""

from __future__ import annotations

import json
import os
import subprocess

from testbed.errors import TestbedError
from testbed.host import children
from testbed.host.json_lines import write_line
from testbed.interpreter import own_program

_PROGRAM = "testbed.scenario.clients.host_proxy_main"


def second_lab_name(lab: str) -> str:
    """The name of the lab that a scenario may have beside `lab`."""
    return f"{lab}-2"


class HostProxy:
    """A process that stays outside. Make it before this one enters a lab."""

    def __init__(self) -> None:
        # a program, not a fork: who makes a proxy may have threads
        self._process = subprocess.Popen(
            own_program(_PROGRAM),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **children.of_this_process()},
        )

    def testbed(self, lab: str, *arguments: str) -> str:
        """The output of `testbed ARGUMENTS` for a lab. Raises TestbedError if it fails."""
        line = self._ask({"lab": lab, "arguments": arguments})
        if not line:
            raise TestbedError("the process outside of the lab has ended", exit_code=1)
        answer: dict[str, str | None] = json.loads(line)
        what = answer.get("what")
        if what is not None:
            raise TestbedError(what, why=answer["why"], exit_code=1)
        return str(answer["output"])

    def _ask(self, request: dict[str, object]) -> str:
        """The answer's line; empty if there is none."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            write_line(self._process.stdin, request)
        except OSError:
            return ""
        return self._process.stdout.readline()
