"""A supervisord as labs have it, without a lab; its time of day can be set."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.host.files import write_atomically
from testbed.host.supervisor import Place, Program, Supervisor
from testbed.host.wait import wait_for
from tests.repository import ROOT

PATIENCE = 60.0  # seconds


def as_it_is(*command: str) -> list[str]:
    return list(command)


class Supervised:
    """The supervisor of a directory, and its clock."""

    def __init__(self, directory: Path) -> None:
        self.place = Place(directory)
        self.supervisor = Supervisor(self.place)
        self.clock = directory / "clock"  # as moved_supervisord and libfaketime read it

    def set_clock(self, by: int) -> None:
        """To that many seconds after the machine's time."""
        write_atomically(self.clock, f"{by:+}", 0o644)

    def add(self, programs: Iterable[Program]) -> None:
        """Start programs; returns once they run."""
        programs = list(programs)
        self.supervisor.add(programs)
        self.wait_settled(programs)

    def pids(self) -> dict[str, int]:
        return {name: state.pid for name, state in self.supervisor.states().items()}

    def wait_settled(self, programs: Iterable[Program]) -> dict[str, int]:
        """Until all run, and none of them is to start anew; all pids."""
        programs = list(programs)

        def probe() -> tuple[bool | None, str]:
            waiting = self.supervisor.unsettled(programs)
            return (None if waiting else True), str(waiting)

        wait_for("the programs to be settled", probe, PATIENCE)
        return self.pids()

    def wait_other(self, name: str, pid: int) -> None:
        """Until a program has another pid."""
        wait_for(
            f"{name} to start anew",
            lambda: (self.pids()[name] not in (0, pid) or None, f"{self.pids()}"),
            PATIENCE,
        )


@contextmanager
def supervised(
    directory: Path, started_as: Callable[..., list[str]] = as_it_is
) -> Iterator[Supervised]:
    """A supervisor that runs nothing yet, until the block ends."""
    found = Supervised(directory)
    for needed in (found.place.programs, found.place.logs):
        needed.mkdir()
    configuration = directory / "supervisord.conf"
    configuration.write_text(found.place.conf)
    found.set_clock(0)
    module = [sys.executable, "-B", "-m", "tests.integration.moved_supervisord"]
    command = started_as(*module, str(found.clock), str(configuration))
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for("supervisord", lambda: (found.supervisor.ready() or None, "none"), PATIENCE)
        yield found
    finally:
        process.terminate()
        process.wait(PATIENCE)
