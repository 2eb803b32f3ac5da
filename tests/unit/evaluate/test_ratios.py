"""Two cases paired by block: which pairs there are, and what is left out."""

from __future__ import annotations

import pytest

from testbed.evaluate.ratios import mean_ratio, pair
from testbed.evaluate.sample import Values
from tests.unit.evaluate.samples import sample, series


def test_a_ratio_per_block() -> None:
    samples = [*series("a", [9, 8, 12]), *series("b", [10, 10, 10]), *series("c", [1, 1, 1])]
    found = pair(samples, "a", "b", "throughput_bps").everything
    assert found.by_block == {1: 0.9, 2: 0.8, 3: 1.2}
    assert found.notes == ()


def test_a_drift_that_both_meet_is_not_in_the_ratio() -> None:
    drift = [10, 5, 20, 1]
    samples = [*series("a", [0.9 * d for d in drift]), *series("b", drift)]
    ratios = pair(samples, "a", "b", "throughput_bps").everything.by_block
    assert list(ratios.values()) == pytest.approx([0.9] * 4)


def test_warm_ups_do_not_count() -> None:
    assert not pair(
        [sample("a", 0), sample("b", 0)], "a", "b", "throughput_bps"
    ).everything.by_block


def test_blocks_without_a_pair_are_named() -> None:
    samples = [*series("a", [9, 0, None, 9, 9]), *series("b", [10, 10, 10])]
    found = pair(samples, "a", "b", "throughput_bps")
    assert found.everything.by_block == {1: 0.9}
    assert found.everything.notes == (
        "blocks 4, 5: left out, only one of the two was measured",
        "blocks 2, 3: left out, a value is zero or was not measured",
    )


def test_marked_samples_of_either_side_are_left_out_of_the_undisturbed() -> None:
    marks = ("steal of 4 %",)
    samples = [*series("a", [9] * 4), *series("b", [10] * 2)]
    samples += [sample("b", 3, 10, marks=marks), sample("b", 4, 10), sample("c", 4, 1, marks=marks)]
    samples[0] = sample("a", 1, 9, marks=marks)
    found = pair(samples, "a", "b", "throughput_bps")
    assert list(found.everything.by_block) == [1, 2, 3, 4]
    assert list(found.undisturbed.by_block) == [2, 4]
    assert found.undisturbed.notes == ("blocks 1, 3: left out, disturbed",)


def test_a_block_measured_twice_counts_once_and_is_named() -> None:
    samples = [sample("a", 1, 9), sample("a", 1, 1), sample("b", 1, 10)]
    found = pair(samples, "a", "b", "throughput_bps").everything
    assert found.by_block == {1: 0.9}
    assert found.notes == ("block 1: the first of two counts",)


def test_any_quantity_can_be_compared() -> None:
    above = sample("a").model_copy(update={"values": Values(rtt_load_s=0.004)})
    below = sample("b").model_copy(update={"values": Values(rtt_load_s=0.002)})
    assert pair([above, below], "a", "b", "rtt_load_s").everything.by_block == {1: 2}


def test_the_mean_is_geometric_and_the_same_both_ways() -> None:
    ratios = [0.8, 0.9, 1.1, 1.3]
    one, other = mean_ratio(ratios), mean_ratio(1 / r for r in ratios)
    assert one.value and other.value and one.interval and other.interval
    assert one.value == pytest.approx((0.8 * 0.9 * 1.1 * 1.3) ** 0.25)
    assert one.value == pytest.approx(1 / other.value)
    assert one.interval.low == pytest.approx(1 / other.interval.high)


def test_means_without_interval() -> None:
    assert mean_ratio([]).value is None
    assert mean_ratio([0, -1, float("nan")]).count == 0
    assert mean_ratio([0.5]).value == pytest.approx(0.5)
    assert mean_ratio([0.5]).interval is None
    assert mean_ratio([0.5, 0.5, 0.5]).interval is None
