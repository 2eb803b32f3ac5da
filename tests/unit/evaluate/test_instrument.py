"""The instrument measured on data whose truth is known: is it right as often as it says?"""

from __future__ import annotations

import numpy as np
import pytest

from testbed.evaluate.ratios import mean_ratio
from testbed.evaluate.statistics import Array, bca_interval, t_interval
from testbed.evaluate.verdict import Kind, compare, judge
from tests.unit.evaluate.samples import series

RUNS = 1000
REPEATS = 10
TRUTH = 10e9
NOISE = 0.03  # coefficient of variation: what a transfer varies by on a machine with other load
OTHER_NOISE = 0.05  # of whole blocks, which both sides of a pair meet


def transfers(random: np.random.Generator, slower_by: float, noise: float = NOISE) -> Array:
    """Ratios of RUNS runs: two transfers per block, of which one is slower."""
    machine = random.normal(1, OTHER_NOISE, (RUNS, REPEATS))
    one, other = (machine * random.normal(1, noise, (RUNS, REPEATS)) for _ in range(2))
    return (1 - slower_by) * one / other


def share(ratios: Array, kinds: set[Kind]) -> float:
    """Of the runs whose verdict is one of these."""
    return float(np.mean([judge(run).kind in kinds for run in ratios]))


@pytest.mark.parametrize("count", [5, REPEATS, 30])
def test_the_t_interval_covers_the_mean_in_95_of_100_runs(count: int) -> None:
    values = np.random.default_rng(1).normal(TRUTH, NOISE * TRUTH, (RUNS, count))
    low, high = t_interval(values)
    assert 0.93 <= np.mean((low <= TRUTH) & (high >= TRUTH)) <= 0.97


def test_the_bootstrap_covers_the_mean_with_many_values_and_less_with_few() -> None:
    def covered(count: int) -> float:
        values = np.random.default_rng(2).normal(TRUTH, NOISE * TRUTH, (RUNS, count))
        low, high = bca_interval(values, seed=2, resamples=999)
        return float(np.mean((low <= TRUTH) & (high >= TRUTH)))

    assert 0.93 <= covered(100) <= 0.97
    assert 0.87 <= covered(REPEATS) <= 0.93  # as the module says


def test_the_interval_of_paired_ratios_covers_the_true_ratio() -> None:
    intervals = [mean_ratio(run).interval for run in transfers(np.random.default_rng(3), 0.1)]
    assert 0.93 <= np.mean([i is not None and i.low <= 0.9 <= i.high for i in intervals]) <= 0.97


@pytest.mark.parametrize("noise", [0.01, NOISE])
def test_equal_cases_do_not_differ(noise: float) -> None:
    """The A/A control: one overlay under two names."""
    ratios = transfers(np.random.default_rng(4), 0, noise)
    assert share(ratios, {"comparable", "not enough data"}) >= 0.97
    assert share(ratios, {"comparable"}) >= 0.9  # it does say something


def test_ten_percent_less_is_found() -> None:
    assert share(transfers(np.random.default_rng(5), 0.1), {"slower"}) >= 0.95


def test_a_difference_of_the_margin_is_seldom_called_comparable() -> None:
    """The level of the equivalence test: at most 5 % at the margin itself."""
    assert share(transfers(np.random.default_rng(6), 0.05), {"comparable"}) <= 0.07


def test_what_a_machine_does_to_whole_blocks_does_not_matter() -> None:
    """Unpaired, 10 % would drown in blocks that vary by half."""
    random = np.random.default_rng(7)
    machine = random.uniform(0.5, 1.5, REPEATS) * TRUTH
    slow, fast = (machine * random.normal(m, NOISE, REPEATS) for m in (0.9, 1.0))
    found = compare([*series("a", slow), *series("b", fast)], "a", "b")
    assert found.everything.kind == "slower"
