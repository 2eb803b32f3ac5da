"""What is said of ratios: comparable, slower, faster, or how much data lacks."""

from __future__ import annotations

import math
import re
import warnings

import numpy as np
import pytest

from testbed.evaluate.sample import Sample
from testbed.evaluate.statistics import Array
from testbed.evaluate.verdict import Kind, compare, judge
from tests.unit.evaluate.samples import sample, series

SHAPE = (-1.5, -1.0, -0.5, 0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 1.5)  # around 0; spread to be scaled


def ratios(mean: float, spread: float, count: int = 10) -> Array:
    """Exactly this geometric mean, and this standard deviation of the logarithms."""
    shape = np.resize(SHAPE, count)
    logs = (shape - np.mean(shape)) / np.std(shape, ddof=1) * spread + math.log(mean)
    found: Array = np.exp(logs)
    return found


@pytest.mark.parametrize(
    ("mean", "spread", "kind", "words"),
    [
        (1.0, 0.03, "comparable", "comparable"),
        (1.01, 0.03, "comparable", "comparable"),
        (
            0.97,
            0.014,
            "comparable",
            "comparable (slower by 3.0 % ± 1.0 %, within the margin of 5 %)",
        ),
        (0.96, 0.035, "slower", "slower by 4 % ± 2 %"),
        (0.9, 0.04, "slower", "slower by 10 % ± 3 %"),
        (0.5, 0.03, "slower", "slower by 50 % ± 1 %"),
        (1.1, 0.003, "faster", "faster by 10.0 % ± 0.2 %"),
        (1.1, 0.03, "faster", "faster by 10 % ± 2 %"),
        (1.0, 0.1, "not enough data", "not enough data: ~25 more repeats would do"),
        (0.97, 0.045, "not enough data", "not enough data: ~19 more repeats would do"),
        (0.95, 10.0, "not enough data", "not enough data: 1,000 more repeats would not do"),
    ],
)
def test_verdicts(mean: float, spread: float, kind: Kind, words: str) -> None:
    found = judge(ratios(mean, spread))
    assert found.kind == kind
    assert found.words.startswith(words)


def test_the_margin_decides_what_a_small_difference_is() -> None:
    found = judge(ratios(0.97, 0.016), margin=0.02)
    assert (found.kind, found.words) == ("slower", "slower by 3 % ± 1 %")


@pytest.mark.parametrize("mean", [0.9, 0.97, 1.0, 1.06])
@pytest.mark.parametrize("spread", [0.01, 0.05, 0.2])
def test_the_other_way_round_says_the_opposite(mean: float, spread: float) -> None:
    opposite = {"slower": "faster", "faster": "slower"}
    one, other = judge(ratios(mean, spread)), judge(1 / ratios(mean, spread))
    assert opposite.get(one.kind, one.kind) == other.kind
    assert one.more_repeats == other.more_repeats


@pytest.mark.parametrize("mean", [0.9, 0.94, 0.97, 1.0])
@pytest.mark.parametrize("spread", [0.05, 0.1, 0.2])
def test_as_many_more_repeats_do_if_mean_and_spread_stay(mean: float, spread: float) -> None:
    found = judge(ratios(mean, spread))
    if found.kind == "not enough data":
        assert found.more_repeats
        assert judge(ratios(mean, spread, 10 + found.more_repeats)).kind != "not enough data"
    else:
        assert found.more_repeats is None


@pytest.mark.parametrize(
    ("given", "words", "more"),
    [
        ([], "0 pairs of samples, at least 3 more are needed", 3),
        ([1.2], "1 pair of samples, at least 2 more are needed", 2),
        ([1.2, 1.1], "2 pairs of samples, at least 1 more is needed", 1),
        ([0, -1, math.nan, math.inf, 1.2], "1 pair of samples, at least 2 more are needed", 2),
        ([1, 1, 1], "all values are equal, which leaves their spread unknown", None),
        ([0.8, 0.8, 0.1 * 8], "all values are equal, which leaves their spread unknown", None),
    ],
)
def test_too_little_to_judge(given: list[float], words: str, more: int | None) -> None:
    found = judge(given)
    assert (found.kind, found.more_repeats) == ("not enough data", more)
    assert found.words == f"not enough data: {words}"


@pytest.mark.parametrize(
    "given", [[1e300, 1e-300, 1], [1e-300] * 2 + [1e300], [1e-320, 1, 2], [1e300, 1.1e300, 1e300]]
)
def test_extremes_do_not_raise_nor_warn(given: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert judge(given).words


def run(slower_by: float, disturbed: float = 0) -> list[Sample]:
    """Ten blocks of a (slower) and b, with 1 % of noise, and one block disturbed in a."""
    noise = ratios(1 - slower_by, 0.01)
    samples = [*series("a", 10e9 * noise), *series("b", [10e9] * 10)]
    if disturbed:
        samples[0] = sample("a", 1, 10e9 * (1 - disturbed), marks=("throttled for 0.9 s",))
    return samples


def test_a_run_without_disturbance_has_one_verdict() -> None:
    found = compare(run(0.1), "a", "b")
    assert found.everything == found.undisturbed
    assert found.words == "slower by 10.0 % ± 0.6 %"
    assert found.notes == ()


def test_a_disturbed_run_has_both() -> None:
    found = compare(run(0.0, disturbed=0.4), "a", "b")
    assert found.everything.kind == "not enough data"
    assert found.undisturbed.kind == "comparable"
    with_it, _, without = found.words.partition("; without 1 disturbed pair: ")
    assert re.fullmatch(r"not enough data: ~\d+ more repeats would do", with_it)
    assert without == "comparable"
    assert found.notes == ("block 1: left out, disturbed",)


def test_cases_that_are_not_there_have_no_data() -> None:
    assert compare([], "a", "b").words.startswith("not enough data: 0 pairs")
    assert compare(run(0), "a", "z").words.startswith("not enough data: 0 pairs")
