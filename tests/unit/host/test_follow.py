"""A daemon starts anew once what it follows did; nothing else is touched."""

from __future__ import annotations

import signal
from types import SimpleNamespace
from typing import Any

import pytest
from supervisor import events

from testbed.host import follow


class Process:
    def __init__(self, name: str, laststart: float) -> None:
        self.config = SimpleNamespace(name=name)
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
    processes = {n: Process(n, at) for n, at in {**started, "r2.isisd": 0.0, "sshd": 0.0}.items()}
    groups = {n: SimpleNamespace(processes={n: p}) for n, p in processes.items()}
    follow.make(SimpleNamespace(process_groups=groups))
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
    first, second = Process(leader, 0.0), Process(follower, 1.0)
    groups = {p.config.name: SimpleNamespace(processes={p.config.name: p}) for p in (first, second)}
    now = 100.0
    follow.make(SimpleNamespace(process_groups=groups), clock=lambda: now)
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


@pytest.mark.parametrize("name", ["r1.zebra", "m.etcd", "m.kube-apiserver"])
def test_leader_and_follower_are_each_others(name: str) -> None:
    follower = follow.follower_of(name, away=60.0)
    assert follower and follow.leader_of(follower) == name


def test_most_programs_follow_nothing() -> None:
    assert follow.leader_of("r1.zebra") is None and follow.leader_of("m.kubelet") is None
