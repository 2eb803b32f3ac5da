"""Drives the `testbed` command as a user would, for one lab, here or in a sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.documents import Document
from tests.integration.sandbox import HERE, Sandbox, only_child
from tests.repository import ROOT

PATIENCE = 120  # seconds for any one command


@dataclass
class Lab:
    """A lab by name; `sandbox` where it lives, None for this machine."""

    name: str
    gobgpd: Path | None
    sandbox: Sandbox | None = None
    environment: dict[str, str] = field(default_factory=dict)
    patience: float = PATIENCE
    launcher: tuple[str, ...] = ()  # what starts its commands

    def command(self, *arguments: str, launcher: tuple[str, ...] = ("-m", "testbed")) -> list[str]:
        """The argument list of `testbed ARGUMENTS` for this lab."""
        given = [sys.executable, "-B", *launcher, *arguments]
        return [*self.launcher, *(self.sandbox.inside(*given) if self.sandbox else given)]

    def env(self, **extra: str) -> dict[str, str]:
        """The environment of its commands."""
        light = {"TESTBED_CLUSTER": "none"}  # what runs the pods does not matter to most tests
        own = {"TESTBED_NAME": self.name, **light, **self.environment, **extra}
        if self.gobgpd is not None:
            own.setdefault("TESTBED_GOBGPD", str(self.gobgpd))
        return {**os.environ, **own}

    def run(
        self, *arguments: str, expect: int | None = 0, **extra: str
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; the exit code must be `expect`, and nobody ever sees a traceback."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.env(**extra),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.patience,
            cwd=ROOT,
        )
        said = f"testbed {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in said, said
        assert expect is None or done.returncode == expect, f"exit {done.returncode}: {said}"
        return done

    def killed_at(self, action: int, *arguments: str) -> int:
        """Run a command that gets SIGKILL at its Nth action; its exit code."""
        launcher = (str(HERE / "killed_at.py"), str(action), "/dev/null")
        done = subprocess.run(
            self.command(*arguments, launcher=launcher),
            env=self.env(),
            capture_output=True,
            timeout=PATIENCE,
            cwd=ROOT,
        )
        return done.returncode

    def actions_of(self, *arguments: str) -> int:
        """How many actions a command has that runs to its end."""
        launcher = (str(HERE / "killed_at.py"), "0", "/dev/shm/actions")
        tally = Path(f"{self._root}/dev/shm/actions")
        try:
            done = subprocess.run(
                self.command(*arguments, launcher=launcher),
                env=self.env(),
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                cwd=ROOT,
            )
            assert done.returncode == 0, done.stderr
            return len(tally.read_text().splitlines())
        finally:
            tally.unlink(missing_ok=True)

    def signalled(
        self, number: signal.Signals, when: Callable[[int, str], bool], *arguments: str
    ) -> tuple[int, str]:
        """Send a signal once `when(count, line)` holds for a line of stderr.

        Returns the exit code and all of stderr.
        """
        process = subprocess.Popen(
            self.command(*arguments),
            env=self.env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if when(len(said), line):
                pid = only_child(process.pid) if self.sandbox else process.pid
                os.kill(pid, number)
                break
        said += process.stderr.readlines()
        return process.wait(PATIENCE), "".join(said)

    def status(self) -> Document:
        """`testbed status -f json`, whatever it says."""
        return dict(json.loads(self.run("status", "-f", "json", expect=None).stdout))

    @property
    def _root(self) -> str:
        """The root directory that the lab's commands see."""
        return f"/proc/{self.sandbox.init}/root" if self.sandbox else ""

    @property
    def directory(self) -> Path:
        """Its directory, as seen from here."""
        return Path(f"{self._root}/run/testbed/{self.name}")

    @property
    def box(self) -> Sandbox:
        """The sandbox, of a lab that lives in one."""
        assert self.sandbox is not None, "this lab lives on the machine itself"
        return self.sandbox

    @property
    def inner(self) -> Path:
        """The lab's own root directory, as seen from here (of a lab in a sandbox)."""
        return Path(f"/proc/{self.box.init}/root/proc/{self.init()}/root")

    def init(self) -> int:
        """Pid of its init, as its own record has it (in a sandbox: as seen in there)."""
        return int(json.loads((self.directory / "init.json").read_text())["pid"])

    def kill_init(self) -> None:
        """kill -9 of its init."""
        command = ["kill", "-9", str(self.init())]
        subprocess.run(self.sandbox.inside(*command) if self.sandbox else command, check=True)
