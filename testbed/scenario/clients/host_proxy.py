"""The machine outside of a lab, for a process that is about to enter one: that is for good."""

from __future__ import annotations

import json
import os
import socket
from typing import Any, NoReturn

from testbed.errors import TestbedError
from testbed.host.namespaces import end_with_parent
from testbed.lab.access import own_command


def beside(lab: str) -> str:
    """The name of the lab that a scenario may have beside `lab`."""
    return f"{lab}-2"


class Outside:
    """A process that stays outside, and runs `testbed` commands there. Make it before entering."""

    def __init__(self) -> None:
        here, there = socket.socketpair()
        if os.fork() == 0:
            here.close()
            _serve(there)
        there.close()
        self._pipe = here.makefile("rw")

    def testbed(self, lab: str, *arguments: str) -> str:
        """The output of `testbed ARGUMENTS` for a lab. Raises TestbedError if it fails."""
        self._pipe.write(json.dumps([lab, *arguments]) + "\n")
        self._pipe.flush()
        answer: dict[str, Any] = json.loads(
            self._pipe.readline() or '{"what": "nobody is outside"}'
        )
        if "what" in answer:
            raise TestbedError(answer["what"], why=answer.get("why"), exit_code=1)
        return str(answer["said"])


def _serve(pipe: socket.socket) -> NoReturn:
    """Answer until the other end closes, or this process's parent ends."""
    end_with_parent()
    stream = pipe.makefile("rw")
    for line in stream:
        os.environ["TESTBED_NAME"], *arguments = json.loads(line)
        try:
            answer: dict[str, str | None] = {"said": own_command.testbed(*arguments)}
        except TestbedError as error:
            answer = {"what": error.what, "why": error.why}
        stream.write(json.dumps(answer) + "\n")
        stream.flush()
    os._exit(0)
