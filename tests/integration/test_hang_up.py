"""A terminal that hangs up, in every command that lasts: it ends, and leaves nothing running.

Not only a signal: whatever is written to such a terminal fails, and the command has to say
what it has to say to nobody.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.host.wait import wait_for
from tests.integration.lab_driver import PATIENCE, Lab
from tests.integration.sandbox import Sandbox, lab_name
from tests.repository import ROOT

pytestmark = pytest.mark.root

HUNG_UP = 128 + signal.SIGHUP
STAYS = ("sh", "-c", "echo begun; exec sleep 1000")


@dataclass(frozen=True)
class Case:
    """A command, and a word that it has written to the terminal when it is in the middle of it."""

    command: tuple[str, ...]
    begun: str
    typed: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    codes: tuple[int, ...] = (HUNG_UP,)


CANNOT_WRITE = 1
NO_LAB = (("TESTBED_NAME", ""),)
COMPLETE = (0,)  # as after Ctrl-C: what was captured is whole
ANY = (0, HUNG_UP)  # the shell's own
IN_A_LAB = {
    # tail may find that it can write no more before it hears of the hang-up
    "logs": Case(("logs", "--follow", "r1.zebra"), "ZEBRA", codes=(HUNG_UP, CANNOT_WRITE)),
    "events": Case(("events", "--watch"), "worker1"),
    "capture": Case(("capture", "r1", "-i", "any"), "listening on", codes=COMPLETE),
    "capture of several": Case(
        ("capture", "r1", "master", "-w", "/tmp/several.pcapng"),
        "listening on",
        codes=COMPLETE,
    ),
    "wait": Case(("-v", "wait", "--timeout", "110"), "link show"),
    "exec on a router": Case(("exec", "r1", "--", *STAYS), "begun"),
    "exec in a pod": Case(("exec", "pod-worker1", "--", *STAYS), "begun"),
    "shell": Case(("shell", "r1"), "begun", "sh -c 'echo be\"\"gun; exec sleep 1000'\n", codes=ANY),
    "a scenario": Case(("run", "smoke"), "in lab"),
}
OF_ITS_OWN = {
    "up": Case(("up", "basic"), "IS-IS"),
    "bench": Case(("bench", "--quick"), "✓", environment=NO_LAB),
    "a scenario's own lab": Case(("run", "best-effort"), "✓", environment=NO_LAB),
}


class Terminal:
    """A terminal in which one command runs, as the session's leader."""

    def __init__(self, lab: Lab, case: Case) -> None:
        self._ours, theirs = os.openpty()
        self.seen = ""
        testbed = (sys.executable, "-B", "-m", "testbed", *case.command)
        self.process = subprocess.Popen(
            lab.box.inside("setsid", "--ctty", *testbed),
            env=lab.env(TERM="dumb", **dict(case.environment)),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
        )
        os.close(theirs)

    def write(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def read_until(self, word: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while word not in self.seen:
            ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"never {word!r} in {PATIENCE} s:\n{self.seen}"
            try:
                read = os.read(self._ours, 4096)
            except OSError:  # nobody has it open any more
                read = b""
            assert read, f"it ended before {word!r}:\n{self.seen}"
            self.seen += read.decode(errors="replace")

    def hang_up(self) -> int:
        """The exit code of the command, whose terminal goes away."""
        os.close(self._ours)
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def lab(sandbox: Sandbox, gobgpd: Path) -> Iterator[Lab]:
    lab = Lab(lab_name("hung"), gobgpd, sandbox)
    try:
        lab.run("up", "basic")
        yield lab
    finally:
        lab.run("down")


def hung_up(lab: Lab, case: Case) -> int:
    terminal = Terminal(lab, case)
    if case.typed:
        terminal.write(case.typed)
    terminal.read_until(case.begun)
    return terminal.hang_up()


def wait_for_processes_of(lab: Lab, before: list[str]) -> None:
    """Nothing but the lab's own is left; programs that a supervisor starts anew are equal."""

    def probe() -> tuple[bool | None, str]:
        more = [p for p in lab.box.snapshot()["processes"] if p not in before]
        return (None if more else True), "\n".join(more)

    wait_for("nothing to be left of the command", probe, timeout=30, interval=0.1)


@pytest.mark.parametrize("name", IN_A_LAB)
def test_a_command_in_a_lab(lab: Lab, name: str) -> None:
    before = lab.box.snapshot()["processes"]
    if name == "wait":
        lab.run("link", "down", "r1", "worker1")
    case = IN_A_LAB[name]
    assert hung_up(lab, case) in case.codes
    if name == "wait":
        lab.run("link", "up", "r1", "worker1")
    wait_for_processes_of(lab, before)
    lab.run("wait", "--timeout", "60")


MEASURES = pytest.param("bench", marks=pytest.mark.night)  # three quarters of a minute


@pytest.mark.parametrize("name", [MEASURES if name == "bench" else name for name in OF_ITS_OWN])
def test_a_command_with_a_lab_of_its_own(boxed: Lab, name: str) -> None:
    before = boxed.box.snapshot()
    assert hung_up(boxed, OF_ITS_OWN[name]) == HUNG_UP
    boxed.run("down")
    boxed.box.wait_until_like(before)
