"""Sources in one stream: the past by time, then what comes; a source that is away is said once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from testbed.errors import TestbedError
from testbed.lab.events import stream
from testbed.lab.events.stream import merged
from testbed.report.event import Event


def event(number: int) -> Event:
    return Event(f"2026-11-26T00:00:{number:02}.000Z", "r1", "isis", f"e{number}")


def never() -> None:
    threading.Event().wait()


def test_the_past_is_by_time_and_then_what_comes() -> None:
    more = threading.Event()

    def one() -> Iterator[list[Event]]:
        yield [event(1), event(3)]
        more.wait()
        yield [event(4)]
        never()

    def other() -> Iterator[list[Event]]:
        yield [event(2)]
        never()

    found = merged([one, other])
    assert next(found) == [event(1), event(2), event(3)]
    more.set()
    assert next(found) == [event(4)]


def test_a_source_that_is_away_is_said_once_and_tells_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "_RETRY", 0.001)
    attempts = iter(range(100))

    def source() -> Iterator[list[Event]]:
        attempt = next(attempts)
        if attempt in (1, 2):
            raise TestbedError("away")
        yield [event(1)] if attempt == 0 else [event(1), event(2)]
        if attempt == 0:
            raise TestbedError("lost")
        never()

    found = merged([source])
    assert next(found) == [event(1)]
    lost = next(found)
    assert isinstance(lost, TestbedError) and str(lost) == "lost"
    assert next(found) == [event(2)]


def test_a_source_that_is_away_from_the_beginning_holds_nobody_up() -> None:
    def away() -> Iterator[list[Event]]:
        raise TestbedError("away")
        yield

    def here() -> Iterator[list[Event]]:
        yield [event(1)]
        never()

    found = merged([away, here])
    assert next(found) == [event(1)]
    assert isinstance(next(found), TestbedError)


def test_a_fault_of_our_own_is_not_hidden() -> None:
    def broken() -> Iterator[list[Event]]:
        raise KeyError("x")
        yield

    with pytest.raises(KeyError):
        next(merged([broken]))
