"""The engine as a program: it waits for intents, follows the network, and is damped."""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.errors import CheckFailed
from testbed.lab import policies
from testbed.lab.te import engine, engine_main, follow, store
from testbed.lab.te.damping import LONGEST, QUIET, Damping
from testbed.lab.te.follow import Follower
from testbed.lab.te.held import AGAIN, LONG_ENOUGH, Held, held
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


def test_what_is_lost_is_left_at_once_and_what_comes_back_waits(
    on: SetNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply()
    before = files()
    clock = Clock()
    monkeypatch.setattr("testbed.lab.te.follow.Damping", lambda: Damping(clock))
    follower = Follower(PLAN)
    for network in (cut(), cut("r2-r7"), cut(), cut("r2-r3")):
        on(network)
        follower.replan()
    away = files()
    assert away != before
    on(cut())
    follower.replan()
    assert files() == away, "policies change later and later while they keep changing"
    clock.now += LONGEST
    follower.replan()
    assert files() == before


@pytest.mark.usefixtures("on")
def test_policies_stay_while_nobody_knows_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    apply()
    before = files()

    def unanswered(_plan: Plan) -> None:
        raise CheckFailed("isisd of r3 does not answer")

    monkeypatch.setattr(engine, "live", unanswered)
    Follower(PLAN).replan()
    assert files() == before


def test_a_link_that_flaps_is_left_at_once_and_used_again_once_it_stays_up(on: SetNetwork) -> None:
    apply()
    clock = Clock()
    links = Held(PLAN, clock)
    whole, without = cut(), cut("r2-r7")
    assert links.see(whole) == ()
    clock.now += 1
    assert links.see(without) == ()
    clock.now += 0.5
    assert links.see(whole) == (), "a link that was down once is used at once"
    for _ in range(5):
        clock.now += 0.5
        links.see(without)
        clock.now += 0.5
        assert links.see(whole) == ("r2-r7",)
    assert links.seconds_left() == LONG_ENOUGH
    clock.now += LONG_ENOUGH
    assert links.see(whole) == ()
    clock.now += AGAIN
    links.see(without)
    assert links.see(whole) == (), "what was long ago does not count"
    assert links.seconds_left() == float("inf")
    on(whole)
    assert apply(None) == []


@pytest.mark.usefixtures("on")
def test_commands_plan_without_the_links_that_the_engine_holds() -> None:
    apply()
    links = Held(PLAN)
    for network in (cut(), cut("r2-r7"), cut(), cut("r2-r7"), cut()):
        links.see(network)
    assert held(PLAN) == ("r2-r7",)
    assert apply(None) == ["~ gold.worker1.worker2.v4 changed: r5 → worker2, was r7 → worker2"]
    (store.directory(PLAN) / "held-links.json").write_text("{")
    assert held(PLAN) == ()


@pytest.mark.usefixtures("on")
def test_policies_without_an_intent_go() -> None:
    """As if a delete had been killed between its two steps."""
    apply()
    store.write(PLAN, store.Kept((), {}))
    Follower(PLAN).replan()
    assert policies.injected(PLAN) == []


def test_after_an_event_it_plans_quickly_until_nothing_more_happens(
    on: SetNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(cut())
    event = os.eventfd(0)
    quick: list[bool] = []

    @contextlib.contextmanager
    def listening(_plan: Plan, _router: str) -> Iterator[selectors.BaseSelector]:
        with selectors.DefaultSelector() as events:
            events.register(event, selectors.EVENT_READ)
            yield events

    def replan(follower: Follower, **how: bool) -> None:
        quick.append(how["quick"])
        if len(quick) == 1:
            os.eventfd_write(event, 1)
        if len(quick) == 4:
            follower.end()

    monkeypatch.setattr(follow, "_listening", listening)
    monkeypatch.setattr(follow, "_LATER", (0.01, 0.01))
    monkeypatch.setattr(Follower, "replan", replan)
    Follower(PLAN).run()
    os.close(event)
    assert quick == [False, True, True, False]


@pytest.mark.parametrize("name", ["intents.json", "protected.json"])
def test_it_waits_for_the_first_intent_or_protected_policy(tmp_path: Path, name: str) -> None:
    directory = tmp_path / "te"
    waiting = threading.Thread(target=engine_main.wait_for_intents, args=(directory,), daemon=True)
    waiting.start()
    draft = tmp_path / "draft"
    draft.write_text("[]")
    _until(directory.is_dir)
    assert waiting.is_alive()
    draft.rename(directory / name)
    waiting.join(timeout=60)
    assert not waiting.is_alive()


def _until(condition: Callable[[], bool]) -> None:
    done = threading.Event()
    while not condition():
        done.wait(0.01)
