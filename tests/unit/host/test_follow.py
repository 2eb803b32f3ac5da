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
def test_an_api_server_is_ended_after_a_long_absence_of_etcd(
    monkeypatch: pytest.MonkeyPatch, away: float, ended: bool
) -> None:
    """Between its end and its return it may have been tried many times."""
    monkeypatch.setattr(events, "callbacks", [])
    etcd, server = Process("m.etcd", 0.0), Process("m.kube-apiserver", 1.0)
    groups = {p.config.name: SimpleNamespace(processes={p.config.name: p}) for p in (etcd, server)}
    now = 100.0
    follow.make(SimpleNamespace(process_groups=groups), clock=lambda: now)
    events.notify(_running(etcd))
    assert not server.signals
    events.notify(events.ProcessStateExitedEvent(etcd, 10))
    now += away
    events.notify(events.ProcessStateBackoffEvent(etcd, 10))
    etcd.laststart = 200.0
    events.notify(_running(etcd))
    assert bool(server.signals) == ended
    events.notify(_running(etcd))
    assert len(server.signals) == ended, "an absence counts once"
