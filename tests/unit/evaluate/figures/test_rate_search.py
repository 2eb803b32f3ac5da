"""The search for the highest rate, against paths whose limit is known."""

from __future__ import annotations

import pytest

from testbed.evaluate.figures.rate_search import BOUND, STEPS, RateSearch, Run


def search(limit: float, sender: float, steps: int = STEPS) -> RateSearch:
    """Through a path that carries `limit` bit/s, by a sender that can do `sender` bit/s."""
    found = RateSearch(steps)
    while (rate := found.next_rate()) is not None:
        sent = min(rate or sender, sender)
        found.learn(Run(rate, sent, max(0.0, 1 - limit / sent)))
    return found


@pytest.mark.parametrize("limit", [0.3e9, 1e9, 1.7e9, 1.99e9])
def test_the_limit_is_found_and_never_exceeded(limit: float) -> None:
    found = search(limit, sender=2e9)
    assert found.best is not None
    assert 0.9 * limit <= found.best.arrived <= limit
    assert found.best.loss <= BOUND
    assert len(found.runs) <= STEPS


def test_a_sender_that_cannot_send_too_much_needs_one_run() -> None:
    found = search(limit=3e9, sender=2e9)
    assert len(found.runs) == 1
    assert found.best is not None
    assert found.best.arrived == 2e9


def test_a_path_that_loses_at_every_rate_has_none() -> None:
    found = RateSearch(STEPS)
    while (rate := found.next_rate()) is not None:
        found.learn(Run(rate, rate or 1e9, 0.1))
    assert found.best is None
    assert len(found.runs) == STEPS
    assert [run.offered for run in found.runs[1:]] == sorted(
        (run.offered for run in found.runs[1:]), reverse=True
    )


@pytest.mark.parametrize("loss", [0.0, 1.0])
def test_a_sender_that_sends_nothing_ends_the_search(loss: float) -> None:
    found = RateSearch(STEPS)
    found.learn(Run(0, 0, loss))
    assert found.next_rate() is None
    assert found.best is None


def test_all_lost_at_full_rate_is_no_reason_to_give_up() -> None:
    found = RateSearch(STEPS)
    found.learn(Run(0, 1e9, 1.0))
    assert found.next_rate() == 0.5e9


def test_a_run_that_lost_by_chance_leaves_a_bracket() -> None:
    """The rate that arrived at first fails too: the search goes on below it."""
    found = RateSearch(STEPS)
    for sent, loss in ((2e9, 0.5), (1e9, 0.02)):
        found.learn(Run(found.next_rate() or 0, sent, loss))
    assert found.next_rate() == 0.5e9
