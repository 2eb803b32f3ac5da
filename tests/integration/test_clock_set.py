"""The clock of the machine is set while a lab runs: by an hour back, by a day forward."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host.files import write_atomically
from testbed.host.supervisor import Place, Program, Supervisor
from testbed.host.wait import wait_for
from tests.repository import ROOT

pytestmark = pytest.mark.root

HOUR, DAY = 3600, 86400
PATIENCE = 60.0  # seconds
SLEEPS = ("sleep", "infinity")
PROGRAMS = (
    Program("r1.zebra", "", SLEEPS),
    Program("r1.isisd", "", SLEEPS, restarts_with="r1.zebra", minds_clock=True),
    Program("r1.follower", "", SLEEPS, restarts_with="r1.zebra"),
)


class Supervised:
    """The programs, kept by a supervisord whose clock can be set."""

    def __init__(self, directory: Path) -> None:
        place = Place(directory, own_netns=True)
        self.supervisor = Supervisor(place)
        self._clock = directory / "clock"
        self.set(0)
        configuration = directory / "supervisord.conf"
        configuration.write_text(place.conf)
        for needed in (place.programs, place.logs):
            needed.mkdir()
        command = [sys.executable, "-B", "-m", "tests.integration.moved_supervisord"]
        self._process = subprocess.Popen([*command, self._clock, configuration], cwd=ROOT)
        wait_for("supervisord", lambda: (self.supervisor.ready() or None, "none"), PATIENCE)
        self.supervisor.add(PROGRAMS)
        self.wait_settled()

    def set(self, by: int) -> None:
        """To that many seconds after the machine's time."""
        write_atomically(self._clock, str(by))

    def pids(self) -> dict[str, int]:
        return {name: state.pid for name, state in self.supervisor.states().items()}

    def wait_settled(self) -> dict[str, int]:
        """Until all run, and none of them is to start anew; their pids."""

        def probe() -> tuple[bool | None, str]:
            waiting = self.supervisor.unsettled(PROGRAMS)
            return (None if waiting else True), str(waiting)

        wait_for("the programs to be settled", probe, PATIENCE)
        return self.pids()

    def wait_other(self, name: str, pid: int) -> dict[str, int]:
        """Until a program has another pid, and all are settled."""
        wait_for(
            f"{name} to start anew",
            lambda: (self.pids()[name] not in (0, pid) or None, f"{self.pids()}"),
            PATIENCE,
        )
        return self.wait_settled()

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    found = Supervised(tmp_path)
    try:
        yield found
    finally:
        found.end()


def test_programs_that_mind_it_start_anew_and_later_restarts_are_in_order(
    supervised: Supervised,
) -> None:
    before = supervised.pids()
    supervised.set(-HOUR)
    after = supervised.wait_other("r1.isisd", before["r1.isisd"])
    assert {n: p for n, p in after.items() if n != "r1.isisd"} == {
        n: p for n, p in before.items() if n != "r1.isisd"
    }, "the others do not mind"
    supervised.supervisor.kill("r1.zebra")
    last = supervised.wait_other("r1.zebra", after["r1.zebra"])
    assert not {*last.values()} & {*after.values()}, "zebra's followers started anew with it"


def test_a_clock_set_forward_ends_nothing(supervised: Supervised) -> None:
    before = supervised.pids()
    supervised.set(DAY)
    supervised.supervisor.kill("r1.follower")  # by then the supervisor has seen the new time
    after = supervised.wait_other("r1.follower", before["r1.follower"])
    assert after["r1.isisd"] == before["r1.isisd"] and after["r1.zebra"] == before["r1.zebra"]
