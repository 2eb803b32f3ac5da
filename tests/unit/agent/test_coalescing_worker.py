"""A thread that works on the newest value only."""

from __future__ import annotations

import queue
import threading

import pytest

from testbed.errors import TestbedError
from testbed.host import coalescing_worker
from testbed.host.coalescing_worker import CoalescingWorker, one_line


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing_worker, "_RETRY", 0.01)
    monkeypatch.setattr(coalescing_worker, "_RETRY_MAX", 0.02)


def test_what_it_was_too_busy_for_is_dropped() -> None:
    began, go_on, done = threading.Event(), threading.Event(), queue.Queue[int]()

    def work(value: int) -> None:
        began.set()
        assert go_on.wait(20)
        done.put(value)

    worker = CoalescingWorker("t", work, lambda _: None)
    worker.start()
    worker.put(1)
    assert began.wait(20)
    for value in (2, 3, 4):
        worker.put(value)
    go_on.set()
    assert [done.get(timeout=20), done.get(timeout=20)] == [1, 4]
    worker.put(5)
    assert done.get(timeout=20) == 5


@pytest.mark.parametrize("error", [TestbedError("no", why="full"), RuntimeError("defect")])
def test_what_fails_is_tried_again_and_told_once(error: Exception) -> None:
    told: queue.Queue[str | None] = queue.Queue()
    attempts = 0

    def work(_value: int) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 4:
            raise error

    worker = CoalescingWorker("t", work, told.put)
    worker.start()
    worker.put(1)
    assert told.get(timeout=20) in ("no (full)", "t: RuntimeError('defect')")
    assert told.get(timeout=20) is None
    assert attempts == 4 and told.empty()


def test_work_may_ask_to_see_the_value_again() -> None:
    seen: queue.Queue[int] = queue.Queue()

    def work(value: int) -> float | None:
        seen.put(value)
        return 0.01 if seen.qsize() < 3 else None

    worker = CoalescingWorker("t", work, lambda _: None)
    worker.start()
    worker.put(7)
    assert [seen.get(timeout=20) for _ in range(3)] == [7, 7, 7]


def test_an_error_in_one_line() -> None:
    assert one_line(TestbedError("what", where="here", why="so")) == "here: what (so)"
