"""Means, medians and intervals, and what is said where there are none."""

from __future__ import annotations

import math
import warnings

import pytest

from testbed.evaluate.statistics import Interval, Summary, summarise

NAN, INF = math.nan, math.inf


def test_a_series_with_known_figures() -> None:
    """t(0.975, 4) is 2.7764, and the standard error of 1 … 5 is √2.5 / √5."""
    found = summarise([1, 2, 3, 4, 5])
    assert (found.count, found.mean, found.median, found.notes) == (5, 3, 3, ())
    assert found.t is not None and found.bca is not None
    assert (found.t.low, found.t.high) == pytest.approx((1.0368, 4.9632), abs=1e-4)
    assert 1.4 < found.bca.low < 2.2 < 3.8 < found.bca.high < 4.6


def test_an_outlier_moves_the_mean_and_not_the_median() -> None:
    found = summarise([10, 11, 12, 11, 100])
    assert (found.mean, found.median) == (28.8, 11)
    assert found.bca and found.t and found.bca.low > 10 > found.t.low  # BCa stays within the data


def test_the_seed_decides_the_bootstrap() -> None:
    values = [9.1, 10.4, 11.2, 9.8, 10.9, 12.5]
    assert summarise(values, seed=1) == summarise(values, seed=1)
    assert summarise(values, seed=1).bca != summarise(values, seed=2).bca


@pytest.mark.parametrize(
    ("values", "count", "mean", "note"),
    [
        ([], 0, None, "there are no values"),
        ([None, NAN], 0, None, "there are no values"),
        ([7], 1, 7, "one value has no interval"),
        ([7, 7, 7], 3, 7, "all values are equal, which leaves their spread unknown"),
        ([0, 0, 0], 3, 0, "all values are equal, which leaves their spread unknown"),
        ([0.1 + 0.2, 0.3, 0.3], 3, pytest.approx(0.3), "all values are equal"),
    ],
)
def test_series_without_intervals(
    values: list[float | None], count: int, mean: float | None, note: str
) -> None:
    found = summarise(values)
    assert (found.count, found.mean) == (count, mean)
    assert found.t is found.bca is None
    assert found.notes[-1].startswith(note)


def test_two_values_have_a_wide_interval_and_no_bootstrap() -> None:
    found = summarise([1, 2])
    assert found.t and found.t.low < -4 and found.t.high > 7  # t(0.975, 1) is 12.7
    assert found.bca is None and "no bootstrap interval" in found.notes[0]


def test_what_is_left_out_is_said() -> None:
    found = summarise([1, None, 2, NAN, 3, INF])
    assert found.notes[0] == "3 of 6 values are no numbers: left out"
    assert (found.count, found.t) == (3, summarise([1, 2, 3]).t)


@pytest.mark.parametrize(
    "values", [[1e308, 1e308, -1e308], [1e-320, 2e-320, 3e-320], [0, 0, 1], [-1, 0, 1], [1, 1, 1e9]]
)
def test_extremes_do_not_raise_nor_warn(values: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = summarise(values)
    assert isinstance(found, Summary)
    for interval in (found.t, found.bca):
        assert interval is None or (
            isinstance(interval, Interval) and interval.low <= interval.high
        )
