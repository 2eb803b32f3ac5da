"""Whoever waits in a lab learns that its init has ended, and why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.interpreter import own_code
from tests.integration.lab_driver import Lab
from tests.repository import ROOT

pytestmark = pytest.mark.root

# Enters the namespaces of process argv[1], says so, and waits there.
INSIDE = """
import signal, sys
from testbed.errors import TestbedError
from testbed.host.namespaces import enter_process
try:
    enter_process(int(sys.argv[1]), lambda: TestbedError("it has ended", exit_code=1))
except TestbedError as error:
    print(error, flush=True)
    sys.exit(error.exit_code)
print("inside", flush=True)
signal.pause()
"""

# Put before it: the process ends when all is joined, and nobody is born in it yet.
ENDS_EARLY = """
import os, select, sys
init, fork = os.pidfd_open(int(sys.argv[1])), os.fork
def fork_too_late():
    os.kill(int(sys.argv[1]), 9)
    select.select([init], [], [])
    return fork()
os.fork = fork_too_late
"""


@pytest.fixture
def init() -> Iterator[subprocess.Popen[bytes]]:
    """PID 1 of namespaces of its own; its pid outside is its parent's child."""
    kinds = ("--pid", "--net", "--ipc", "--uts", "--mount", "--cgroup")
    command = ["unshare", *kinds, "--fork", "--kill-child", "--mount-proc", "sleep", "600"]
    with subprocess.Popen(command) as process:
        yield process
        process.kill()


def pid_of(init: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{init.pid}/task/{init.pid}/children")
    while not children.read_text():
        os.sched_yield()
    return int(children.read_text())


def test_an_init_that_ended_before_anybody_was_born_inside_is_told(
    init: subprocess.Popen[bytes],
) -> None:
    command = [*own_code(ENDS_EARLY + INSIDE), str(pid_of(init))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "it has ended\n"), done.stderr


def test_the_end_of_an_init_is_told_apart_from_the_end_of_who_entered(
    init: subprocess.Popen[bytes],
) -> None:
    pid = pid_of(init)
    command = [*own_code(INSIDE), str(pid)]
    with (
        subprocess.Popen(command, stdout=-1) as killed,
        subprocess.Popen(command, stdout=-1) as waiting,
    ):
        for process in (killed, waiting):
            assert process.stdout is not None
            assert process.stdout.readline() == b"inside\n"
        os.kill(int(Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text()), 9)
        assert killed.wait(30) == 128 + signal.SIGKILL
        os.kill(pid, signal.SIGKILL)
        assert waiting.wait(30) == 1
        assert waiting.stdout is not None
        assert waiting.stdout.read() == b"it has ended\n"
    init.wait(30)


def test_an_up_whose_init_is_killed_says_so(boxed: Lab) -> None:
    process = subprocess.Popen(
        boxed.command("up", "grid", "--set", "rows=1", "--set", "columns=2"),
        env=boxed.env(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "namespaces of the lab" in line:
            boxed.kill_init()
            break
    said = process.stderr.read()
    assert process.wait(60) == 1, said
    assert "its init has ended" in said
    later = boxed.run("status", expect=2).stderr
    assert "is not up: its init has ended" in later


def test_too_few_files_are_said_before_anything_is_made(boxed: Lab) -> None:
    few = ["setpriv", "--bounding-set", "-sys_resource", "prlimit", "--nofile=256:512"]
    done = subprocess.run(
        boxed.box.inside(*few, sys.executable, "-B", "-m", "testbed", "up", "basic"),
        env=boxed.env(),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.returncode == 4, done.stderr
    assert "open files at most 512, and the lab needs 1024" in done.stderr
    assert "ulimit -Hn 1024" in done.stderr
