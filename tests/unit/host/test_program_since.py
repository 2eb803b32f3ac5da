"""Since when a program runs or does not: with the date, as labs stand for days."""

from __future__ import annotations

import time

import pytest

from testbed.host.supervisor import ProgramState


def state(statename: str, start: int, stop: int) -> str:
    return ProgramState("r1.zebra", statename, 7, "", start, stop).since


def test_it_has_the_date_and_the_right_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "localtime", time.gmtime)
    day = 86400
    assert state("RUNNING", 2 * day, 0) == "1970-01-03 00:00:00"
    assert state("RUNNING", 2 * day, day) == "1970-01-03 00:00:00", "started anew after an end"
    assert state("BACKOFF", day, 2 * day) == "1970-01-03 00:00:00"
    assert state("STARTING", day, 0) == "1970-01-02 00:00:00"
