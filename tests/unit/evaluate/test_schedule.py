"""The order of samples: blocks, the seed, going on after an interruption, the time left."""

from __future__ import annotations

from collections import Counter

import pytest

from testbed.evaluate.schedule import Slot, estimate_seconds, left, plan_order
from tests.unit.evaluate.samples import sample

CASES = ("a", "b", "c", "d", "e")


def names(order: tuple[Slot, ...], block: int) -> list[str]:
    return [slot.case for slot in order if slot.block == block]


def test_a_warm_up_of_each_then_blocks_of_all() -> None:
    order = plan_order(CASES, repeats=10, seed=7)
    assert [slot.position for slot in order] == list(range(55))
    assert [slot.block for slot in order] == [block for block in range(11) for _ in CASES]
    assert all(sorted(names(order, block)) == list(CASES) for block in range(11))
    assert {slot.kind for slot in order[:5]} == {"warm-up"}
    assert {slot.kind for slot in order[5:]} == {"measured"}


def test_the_seed_decides_the_order() -> None:
    assert plan_order(CASES, 10, seed=7) == plan_order(reversed(CASES), 10, seed=7)
    assert plan_order(CASES, 10, seed=7) != plan_order(CASES, 10, seed=8)
    assert plan_order((*CASES, "a"), 10, seed=7) == plan_order(CASES, 10, seed=7)


def test_the_order_is_that_of_earlier_versions() -> None:
    """A run is resumed and replayed by its seed: a change here breaks those that are there."""
    assert "".join(slot.case for slot in plan_order(CASES, 3, seed=7)) == "dbceacbadeaedbcecabd"


def test_blocks_have_orders_of_their_own() -> None:
    order = plan_order(CASES, 30, seed=7)
    assert len({tuple(names(order, block)) for block in range(31)}) > 20


def test_each_case_is_at_each_place_equally_often() -> None:
    """Chi-square over 5 × 5 cells of 2,000 blocks: 16 degrees of freedom, 0.1 % is at 39.3."""
    order = plan_order(CASES, 1999, seed=7)
    places = Counter((slot.position % 5, slot.case) for slot in order)
    assert len(places) == 25
    assert sum((n - 400) ** 2 / 400 for n in places.values()) < 39.3


def test_more_repeats_or_cases_leave_the_order_as_it_was() -> None:
    order = plan_order(CASES, 10, seed=7)
    assert plan_order(CASES, 24, seed=7)[: len(order)] == order
    more = plan_order((*CASES, "f"), 10, seed=7)
    assert [s.case for s in more if s.case != "f"] == [s.case for s in order]


@pytest.mark.parametrize("done", [0, 1, 17, 54, 55])
def test_what_is_left_after_an_interruption(done: int) -> None:
    order = plan_order(CASES, 10, seed=7)
    samples = [sample(slot.case, slot.block) for slot in order[:done]]
    assert left(order, samples) == order[done:]
    assert left(order, reversed(samples)) == order[done:]


def test_a_sample_of_another_case_or_block_is_not_this_one() -> None:
    order = plan_order(("a", "b"), 1, seed=7)
    assert left(order, [sample("a", 2), sample("z", 1)]) == order
    assert Slot(0, 0, "a") not in left([Slot(0, 0, "a"), Slot(1, 1, "a")], [sample("a", 0)])


def test_the_time_left() -> None:
    slots = [Slot(0, 1, "a"), Slot(1, 1, "b"), Slot(2, 2, "a")]
    assert estimate_seconds(slots, []) is None
    assert estimate_seconds([], [sample("a")]) == 0
    assert estimate_seconds(slots, [sample("a", 0, seconds=2)]) == 6  # b as others
    warm = [sample("a", 0, seconds=2), sample("b", 0, seconds=4)]
    assert estimate_seconds(slots, warm) == 2 + 4 + 2
    measured = [*warm, sample("a", 1, seconds=10), sample("a", 2, seconds=20)]
    assert estimate_seconds(slots, measured) == 15 + 4 + 15
    assert estimate_seconds(slots, measured[::-1]) == 15 + 4 + 15
