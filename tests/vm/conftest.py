"""One lab with virtual machines for all tests of this directory; `make test-vm` runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.documents import Document
from tests.repository import ROOT

LIMIT = 1500  # seconds for one command; machines may be emulated in software


@dataclass
class VirtualLab:
    """Drives the `testbed` command as a user would, and remembers how long it took."""

    name: str
    seconds: dict[str, float] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        """The argument list of `testbed ARGUMENTS`."""
        return [sys.executable, "-B", "-m", "testbed", *arguments]

    def environment(self) -> dict[str, str]:
        """In which it is for this lab; `testbed` itself can be typed."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        own = {"TESTBED_NAME": self.name, "PYTHONPATH": str(ROOT), "PATH": path}
        return {**os.environ, **own}

    def run(
        self, *arguments: str, expect: int | None = 0, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; the exit code must be `expect`."""
        begun = time.monotonic()
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            cwd=ROOT,
        )
        self.seconds[" ".join(arguments[:2])] = time.monotonic() - begun
        said = f"testbed {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        print(said)
        assert "Traceback" not in said, said
        assert expect is None or done.returncode == expect, f"exit {done.returncode}: {said}"
        return done

    def status(self) -> Document:
        """`testbed status -f json`, whatever it says."""
        return dict(json.loads(self.run("status", "-f", "json", expect=None).stdout))

    def machines(self) -> dict[str, int]:
        """Name → pid (here) of QEMU, of every machine of the lab."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                words = command_line(entry)
                name = words.partition(f"guest={self.name}_")[2].partition(",")[0]
                if name:
                    found[name] = int(entry.name)
        return found


def command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""  # ended meanwhile


@pytest.fixture(scope="session")
def lab() -> Iterator[VirtualLab]:
    """`full` on virtual machines, up."""
    lab = VirtualLab(f"t-vm-{os.getpid()}")
    try:
        lab.run("up", "full", "--nodes", "vagrant")
        yield lab
    finally:
        lab.run("down")
        for what, seconds in lab.seconds.items():
            print(f"{what}: {seconds:.1f} s")
