"""Routers are started once their daemons listen, not once they were told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

import pytest

from testbed.backbone import routers
from testbed.errors import CheckFailed
from testbed.host import frr
from testbed.host.frr import Daemon, daemons
from testbed.host.supervisor import Program, Supervisor
from tests.paper_plan import paper_plan

PLAN = paper_plan()
NAMES = [router.name for router in PLAN.routers]
DAEMONS = daemons((10, 3))


class Started:
    """In place of the supervisor: what it was given, and who makes no socket."""

    def __init__(self, run: Path, silent: str = "") -> None:
        self.run, self.silent = run, silent
        self.names: list[str] = []

    def add(self, programs: Iterable[Program]) -> None:
        for program in programs:
            self.names.append(program.name)
            daemon = next(d for d in DAEMONS if program.name.endswith(f".{d.name}"))
            if program.name != self.silent:
                socket = self.run / program.node / daemon.socket
                socket.parent.mkdir(exist_ok=True)
                socket.touch()

    def failing(self) -> list[str]:
        return [f"{self.silent} exited"] if self.silent else []


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Starts all routers; gives the programs in order."""

    def installed() -> tuple[Daemon, ...]:
        return tuple(DAEMONS)

    def look_once(
        what: str,
        probe: Callable[[], tuple[bool | None, str]],
        timeout: float,
        fix: Callable[[], str],
    ) -> None:
        done, state = probe()
        if not done:
            raise CheckFailed(f"waited {timeout:g} s for {what}", why=state, fix=fix())

    def started(silent: str) -> list[str]:
        supervisor = Started(tmp_path, silent)
        try:
            routers.start(PLAN, cast(Supervisor, supervisor))
        finally:
            names.extend(supervisor.names)
        return names

    names: list[str] = []
    monkeypatch.setattr(routers, "RUN", tmp_path)
    monkeypatch.setattr(frr, "installed", installed)
    monkeypatch.setattr(routers, "wait_for", look_once)
    return started


def test_each_daemon_follows_the_one_that_listens(start: Callable[[str], list[str]]) -> None:
    everywhere = [daemon.name for daemon in DAEMONS if daemon.runs == "always"]
    wanted = [f"{name}.{daemon}" for daemon in everywhere for name in NAMES]
    assert start("") == [*wanted, *(f"{name}.bgpd" for name in ("r3", "r8"))]


def test_routers_without_a_socket_are_not_started(start: Callable[[str], list[str]]) -> None:
    silent = f"{NAMES[1]}.zebra"
    with pytest.raises(CheckFailed, match="the sockets of zebra") as failed:
        start(silent)
    assert failed.value.why == f"not yet: {NAMES[1]}; {silent} exited"
    assert failed.value.fix == f"testbed logs {silent}"
