"""The engine as a program: it waits for intents, follows the network, and is damped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.errors import CheckFailed
from testbed.lab import policies
from testbed.lab.te import engine, engine_main, store
from testbed.lab.te.damping import LONGEST, QUIET, Damping
from testbed.lab.te.follow import Follower
from testbed.plan.model import Plan
from tests.unit.lab.te.intents_in_lab import PLAN, SetNetwork, apply, cut, files, on

__all__ = ["on"]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_change_is_at_once_and_further_ones_wait_longer_and_longer() -> None:
    clock = Clock()
    damping = Damping(clock)
    waits = []
    for _ in range(8):
        waits.append(damping.seconds_left())
        clock.now += waits[-1]
        damping.note_change()
    assert waits[:2] == [0.0, 0.0]
    assert waits[2:] == sorted(waits[2:])
    assert waits[-1] == pytest.approx(LONGEST)
    clock.now += QUIET
    damping.note_change()
    assert damping.seconds_left() == 0.0


def test_it_delivers_what_the_network_makes_of_intents(on: SetNetwork) -> None:
    apply()
    before = files()
    follower = Follower(PLAN)
    follower.replan()
    assert files() == before
    on(cut("r2-r7"))
    follower.replan()
    assert files().keys() == before.keys()
    assert files() != before


@pytest.mark.usefixtures("on")
def test_policies_stay_while_nobody_knows_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    apply()
    before = files()

    def unanswered(_plan: Plan) -> None:
        raise CheckFailed("isisd of r3 does not answer")

    monkeypatch.setattr(engine, "live", unanswered)
    Follower(PLAN).replan()
    assert files() == before


@pytest.mark.usefixtures("on")
def test_policies_without_an_intent_go() -> None:
    """As if a delete had been killed between its two steps."""
    apply()
    store.write(PLAN, store.Kept((), {}))
    Follower(PLAN).replan()
    assert policies.injected(PLAN) == []


def test_it_waits_for_the_first_intent(tmp_path: Path) -> None:
    directory = tmp_path / "te"
    waiting = threading.Thread(target=engine_main.wait_for_intents, args=(directory,), daemon=True)
    waiting.start()
    draft = tmp_path / "draft"
    draft.write_text("[]")
    _until(directory.is_dir)
    assert waiting.is_alive()
    draft.rename(directory / "intents.json")
    waiting.join(timeout=60)
    assert not waiting.is_alive()


def _until(condition: Callable[[], bool]) -> None:
    done = threading.Event()
    while not condition():
        done.wait(0.01)
