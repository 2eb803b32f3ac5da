"""A daemon starts anew once what it follows did; nothing else is touched."""

from __future__ import annotations

import signal
from types import SimpleNamespace
from typing import Any

import pytest
from supervisor import events

from testbed.host import restart_with
from testbed.host.supervisor import Program


class Process:
    def __init__(self, name: str, **told: object) -> None:
        environment = {f"TESTBED_{name.upper()}": str(value) for name, value in told.items()}
        self.config = SimpleNamespace(name=name, environment=environment or None)
        self.pid, self.backoff = 7, 0
        self.signals: list[signal.Signals] = []

    def signal(self, number: signal.Signals) -> None:
        self.signals.append(number)


class Day:
    """A clock that only runs forward, and a time of day that may be set."""

    def __init__(self) -> None:
        self.clock, self.time_of_day = 100.0, 1e9

    def passes(self, seconds: float) -> None:
        self.clock += seconds
        self.time_of_day += seconds


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Day:
    monkeypatch.setattr(events, "callbacks", [])
    return Day()


def supervise(day: Day, *processes: Process) -> restart_with.Restarts:
    groups = {p.config.name: SimpleNamespace(processes={p.config.name: p}) for p in processes}
    supervisord = SimpleNamespace(process_groups=groups)
    return restart_with.make(supervisord, lambda: day.clock, lambda: day.time_of_day)


def start(*processes: Process) -> None:
    for process in processes:
        events.notify(events.ProcessStateStartingEvent(process, 0))


def tick(day: Day) -> None:
    day.passes(5)
    events.notify(events.Tick5Event(5, None))


@pytest.mark.parametrize("zebra_is_newer", [True, False])
def test_an_older_follower_is_ended(day: Day, zebra_is_newer: bool) -> None:
    zebra, other = Process("r1.zebra"), Process("r2.isisd", restarts_with="r2.zebra")
    isisd = Process("r1.isisd", restarts_with="r1.zebra")
    restarts = supervise(day, zebra, isisd, other, Process("sshd"))
    start(other, isisd, zebra) if zebra_is_newer else start(other, zebra, isisd)
    assert restarts.stale() == (["r1.isisd"] if zebra_is_newer else [])
    for process in (other, isisd, zebra):
        events.notify(_running(process))
    assert bool(isisd.signals) == zebra_is_newer
    assert not zebra.signals and not other.signals


def test_a_follower_that_does_not_run_is_left_alone(day: Day) -> None:
    zebra, isisd = Process("r1.zebra"), Process("r1.isisd", restarts_with="r1.zebra")
    supervise(day, zebra, isisd)
    isisd.pid = 0
    start(isisd, zebra)
    events.notify(_running(zebra))
    assert not isisd.signals


@pytest.mark.parametrize(("set_by", "ended"), [(-3600, 1), (-3, 1), (-1, 0), (3600, 0), (86400, 0)])
def test_who_minds_the_clock_starts_anew_once_it_was_set_back(
    day: Day, set_by: float, ended: int
) -> None:
    minds, other = Process("r1.isisd", minds_clock=1), Process("r1.zebra")
    supervise(day, minds, other)
    tick(day)
    assert not minds.signals, "nothing was set"
    day.time_of_day += set_by
    tick(day)
    tick(day)
    assert len(minds.signals) == ended, "once"
    assert not other.signals


def test_a_clock_that_is_slowed_down_is_not_set_back(day: Day) -> None:
    minds = Process("r1.isisd", minds_clock=1)
    supervise(day, minds)
    for _ in range(10):
        day.time_of_day -= 1
        tick(day)
    assert not minds.signals


def _running(process: Process) -> Any:
    return events.ProcessStateRunningEvent(process, 10)


@pytest.mark.parametrize(("away", "ended"), [(1.0, False), (60.0, True)])
@pytest.mark.parametrize(
    ("leader", "follower"),
    [("m.etcd", "m.kube-apiserver"), ("m.kube-apiserver", "m.kube-controller-manager")],
)
def test_a_patient_follower_is_ended_after_a_long_absence(
    day: Day, leader: str, follower: str, away: float, ended: bool
) -> None:
    """Between its end and its return what it follows may have been tried many times."""
    first, second = Process(leader), Process(follower, restarts_with=leader, bears=10.0)
    supervise(day, first, second)
    start(first, second)
    events.notify(_running(first))
    assert not second.signals
    events.notify(events.ProcessStateExitedEvent(first, 10))
    day.passes(away)
    events.notify(events.ProcessStateBackoffEvent(first, 10))
    start(first)
    events.notify(_running(first))
    assert bool(second.signals) == ended
    events.notify(_running(first))
    assert len(second.signals) == ended, "an absence counts once"


def test_a_program_tells_the_supervisor_what_it_restarts_with() -> None:
    told = Program("m.b", "m", ("x",), restarts_with="m.a", bears=10.0).conf()
    assert 'TESTBED_RESTARTS_WITH="m.a"' in told and 'TESTBED_BEARS="10.0"' in told
    assert "environment" not in Program("m.etcd", "m", ("x",)).conf()
    assert 'TESTBED_MINDS_CLOCK="1"' in Program("m.kubelet", "m", ("x",), minds_clock=True).conf()
