"""The reconcile loop: nothing is missed, many changes are one round, defects do not end it."""

from __future__ import annotations

import queue
import threading

import pytest

from testbed.agent.reconciler import Reconciler
from testbed.errors import TestbedError


def start(reconciler: Reconciler) -> threading.Thread:
    thread = threading.Thread(target=reconciler.run, daemon=True)
    thread.start()
    return thread


def test_many_pokes_are_few_rounds() -> None:
    gate, rounds = threading.Event(), []

    def one() -> bool:
        gate.wait(10)
        rounds.append(1)
        return True

    reconciler = Reconciler(one)
    thread = start(reconciler)
    for _ in range(50):
        reconciler.notify()
    gate.set()
    reconciler.wait_synced()
    assert len(rounds) <= 3
    reconciler.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_failing_round_does_not_end_it() -> None:
    outcomes = [RuntimeError("defect"), TestbedError("refused")]

    def one() -> bool:
        if outcomes:
            raise outcomes.pop()
        return True

    reconciler = Reconciler(one)
    start(reconciler)
    for _ in range(3):
        reconciler.wait_synced()
    assert not outcomes
    reconciler.stop()


def test_settle_gives_up_with_a_sentence() -> None:
    with pytest.raises(TestbedError, match="busy"):
        Reconciler(lambda: True).wait_synced(timeout=0.01)


def test_a_round_comes_within_the_time_that_is_given() -> None:
    rounds: queue.SimpleQueue[int] = queue.SimpleQueue()

    def note() -> bool:
        rounds.put(1)
        return True

    reconciler = Reconciler(note)
    thread = start(reconciler)
    reconciler.notify_within(3600.0)
    reconciler.notify_within(0.01)  # the sooner one counts
    reconciler.notify_within(3600.0)
    assert rounds.get(timeout=10) == 1
    reconciler.notify()
    assert rounds.get(timeout=10) == 1
    reconciler.stop()
    thread.join(10)
    assert not thread.is_alive()
