"""`testbed ARGS` that is killed at its Nth action: `python killed_at.py N COUNT_FILE ARGS...`.

An action is what changes something: a process started, a file or directory written, renamed or
removed, a signal sent. Python's audit events report each just before it happens, so no hook in
testbed is needed. With N = 0 nothing is killed; the number of actions goes to COUNT_FILE.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

ACTIONS = {
    "subprocess.Popen",
    "os.fork",
    "os.posix_spawn",
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.symlink",
    "os.chown",
    "os.chmod",
    "os.kill",
    "fcntl.flock",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main() -> None:
    """Count actions of this process and of the child that goes on inside the lab."""
    limit, count_file = int(sys.argv[1]), Path(sys.argv[2])
    sys.argv = ["testbed", *sys.argv[3:]]
    from testbed.cli.main import main as testbed

    tally = os.open(count_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if not limit else -1
    seen = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if not _is_action(event, arguments):
            return
        seen += 1
        if tally >= 0:
            os.write(tally, f"{event}\n".encode())
        if seen == limit:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    testbed()


def _is_action(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        path, _, flags = arguments
        assert isinstance(flags, int)
        return bool(flags & WRITING) and not str(path).startswith(("/proc", "/dev"))
    return event in ACTIONS


if __name__ == "__main__":
    main()
