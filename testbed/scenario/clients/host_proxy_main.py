"""Runs `testbed` commands outside of a lab: JSON lines on stdin, answers on stdout.

Started by testbed.scenario.clients.host_proxy before that one's process enters the lab.
"""

from __future__ import annotations

import json
import os
import sys

from testbed.errors import TestbedError
from testbed.host.children import end_with_starter
from testbed.host.json_lines import write_line
from testbed.host.told import tell_programs_if_asked
from testbed.lab.access import own_command


def main() -> None:
    """Answer until the other end closes, or the process that started this one ends."""
    end_with_starter(os.environ)
    tell_programs_if_asked()
    for line in sys.stdin:
        request = json.loads(line)
        os.environ["TESTBED_NAME"] = request["lab"]
        try:
            write_line(sys.stdout, {"output": own_command.testbed(*request["arguments"])})
        except TestbedError as error:
            write_line(sys.stdout, {"what": error.what, "why": error.why})


if __name__ == "__main__":
    main()
