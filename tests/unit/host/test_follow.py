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
        self.laststart, self.pid = laststart, 7
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
