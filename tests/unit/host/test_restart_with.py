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
    def __init__(self, name: str, laststart: float, leader: str = "", bears: float = 0.0) -> None:
        told = {restart_with.LEADER: leader, restart_with.BEARS: str(bears)} if leader else None
        self.config = SimpleNamespace(name=name, environment=told)
        self.laststart, self.pid, self.backoff = laststart, 7, 0
        self.signals: list[signal.Signals] = []

    def signal(self, number: signal.Signals) -> None:
        self.signals.append(number)


@pytest.mark.parametrize(
    ("started", "ended"),
    [({"r1.zebra": 2.0, "r1.isisd": 1.0}, ["r1.isisd"]), ({"r1.zebra": 1.0, "r1.isisd": 2.0}, [])],
)
def test_an_older_follower_is_ended(
    monkeypatch: pytest.MonkeyPatch, started: dict[str, float], ended: list[str]
) -> None:
    monkeypatch.setattr(events, "callbacks", [])
    leaders = {"r1.isisd": "r1.zebra", "r2.isisd": "r2.zebra"}
    every = {**started, "r2.isisd": 0.0, "sshd": 0.0}
    processes = {n: Process(n, at, leaders.get(n, "")) for n, at in every.items()}
    groups = {n: SimpleNamespace(processes={n: p}) for n, p in processes.items()}
    restart_with.make(SimpleNamespace(process_groups=groups))
    for process in processes.values():
        events.notify(_running(process))
    assert [n for n, p in processes.items() if p.signals] == ended


def _running(process: Process) -> Any:
    return events.ProcessStateRunningEvent(process, 10)


@pytest.mark.parametrize(("away", "ended"), [(1.0, False), (60.0, True)])
@pytest.mark.parametrize(
    ("leader", "follower"),
    [("m.etcd", "m.kube-apiserver"), ("m.kube-apiserver", "m.kube-controller-manager")],
)
def test_a_patient_follower_is_ended_after_a_long_absence(
    monkeypatch: pytest.MonkeyPatch, leader: str, follower: str, away: float, ended: bool
) -> None:
    """Between its end and its return what it follows may have been tried many times."""
    monkeypatch.setattr(events, "callbacks", [])
    first, second = Process(leader, 0.0), Process(follower, 1.0, leader, 10.0)
    groups = {p.config.name: SimpleNamespace(processes={p.config.name: p}) for p in (first, second)}
    now = 100.0
    restart_with.make(SimpleNamespace(process_groups=groups), clock=lambda: now)
    events.notify(_running(first))
    assert not second.signals
    events.notify(events.ProcessStateExitedEvent(first, 10))
    now += away
    events.notify(events.ProcessStateBackoffEvent(first, 10))
    first.laststart = 200.0
    events.notify(_running(first))
    assert bool(second.signals) == ended
    events.notify(_running(first))
    assert len(second.signals) == ended, "an absence counts once"


def test_a_program_tells_the_supervisor_what_it_restarts_with() -> None:
    told = Program("m.b", "m", ("x",), restarts_with="m.a", bears=10.0).conf()
    assert 'TESTBED_RESTARTS_WITH="m.a"' in told and 'TESTBED_BEARS="10.0"' in told
    assert "environment" not in Program("m.kubelet", "m", ("x",)).conf()
