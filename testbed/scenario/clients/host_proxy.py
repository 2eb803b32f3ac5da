"""A process outside of the lab that runs `testbed` commands for a process inside."""

from __future__ import annotations

import json
import os
import socket
from typing import NoReturn

from testbed.errors import TestbedError
from testbed.host.json_lines import write_line
from testbed.host.namespaces import end_with_parent
from testbed.lab.access import own_command


def second_lab_name(lab: str) -> str:
    """The name of the lab that a scenario may have beside `lab`."""
    return f"{lab}-2"


class HostProxy:
    """A process that stays outside. Make it before this one enters a lab."""

    def __init__(self) -> None:
        own_end, its_end = socket.socketpair()
        if os.fork() == 0:
            own_end.close()
            _serve_commands(its_end)
        its_end.close()
        self._pipe = own_end.makefile("rw")

    def testbed(self, lab: str, *arguments: str) -> str:
        """The output of `testbed ARGUMENTS` for a lab. Raises TestbedError if it fails."""
        write_line(self._pipe, {"lab": lab, "arguments": arguments})
        line = self._pipe.readline()
        if not line:
            raise TestbedError("the process outside of the lab has ended", exit_code=1)
        answer: dict[str, str | None] = json.loads(line)
        what = answer.get("what")
        if what is not None:
            raise TestbedError(what, why=answer["why"], exit_code=1)
        return str(answer["output"])


def _serve_commands(pipe: socket.socket) -> NoReturn:
    """Answer until the other end closes, or this process's parent ends."""
    end_with_parent()
    stream = pipe.makefile("rw")
    for line in stream:
        request = json.loads(line)
        os.environ["TESTBED_NAME"] = request["lab"]
        try:
            write_line(stream, {"output": own_command.testbed(*request["arguments"])})
        except TestbedError as error:
            write_line(stream, {"what": error.what, "why": error.why})
    os._exit(0)
