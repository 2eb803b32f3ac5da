"""What a comparison says: comparable, slower, faster, or not enough data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from testbed.evaluate.equivalence import (
    MARGIN,
    MOST_REPEATS,
    is_different,
    is_equivalent,
    more_repeats,
)
from testbed.evaluate.ratios import MeanRatio, mean_ratio, pair, positive
from testbed.evaluate.sample import Quantity, Sample
from testbed.evaluate.statistics import FEWEST, why_no_interval

Kind = Literal["comparable", "slower", "faster", "not enough data"]


@dataclass(frozen=True)
class Verdict:
    """`more_repeats`: None where they are not needed, or would not help; then `why` says so."""

    kind: Kind
    ratio: MeanRatio
    margin: float = MARGIN
    more_repeats: int | None = None
    why: str = ""

    @property
    def words(self) -> str:
        """For people: slower by 3 % ± 1 %."""
        if self.kind == "not enough data":
            return f"{self.kind}: {self.why}"
        if self.kind == "comparable":
            return self.kind + self._describe_small_difference()
        return self._describe_difference()

    def _describe_small_difference(self) -> str:
        interval = self.ratio.interval
        if interval is None or interval.low <= 1 <= interval.high:
            return ""
        margin = f"{100 * self.margin:g} %"
        return f" ({self._describe_difference()}, within the margin of {margin})"

    def _describe_difference(self) -> str:
        if self.ratio.value is None or self.ratio.interval is None:
            return self.kind
        word = "slower" if self.ratio.value < 1 else "faster"
        difference = 100 * abs(self.ratio.value - 1)
        half = 100 * (self.ratio.interval.high - self.ratio.interval.low) / 2
        digits = min(3, max(0, -math.floor(math.log10(half)))) if half > 0 else 3
        return f"{word} by {difference:.{digits}f} % ± {half:.{digits}f} %"


@dataclass(frozen=True)
class Comparison:
    """The verdict on all pairs, and that on the undisturbed ones; `notes` say what is left out."""

    everything: Verdict
    undisturbed: Verdict
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Both, if any pair was disturbed."""
        disturbed = self.everything.ratio.count - self.undisturbed.ratio.count
        if not disturbed:
            return self.everything.words
        if not self.undisturbed.ratio.count:
            return f"{self.everything.words}; every pair was disturbed"
        pairs = "1 disturbed pair" if disturbed == 1 else f"{disturbed} disturbed pairs"
        return f"{self.everything.words}; without {pairs}: {self.undisturbed.words}"


def compare(
    samples: Iterable[Sample],
    case: str,
    reference: str,
    quantity: Quantity = "throughput_bps",
    margin: float = MARGIN,
) -> Comparison:
    """One case relative to another, by a quantity of which more is better."""
    paired = pair(samples, case, reference, quantity)
    return Comparison(
        judge(paired.everything.by_block.values(), margin),
        judge(paired.undisturbed.by_block.values(), margin),
        (*paired.everything.notes, *paired.undisturbed.notes),
    )


@np.errstate(over="ignore", invalid="ignore")
def judge(ratios: Iterable[float], margin: float = MARGIN) -> Verdict:
    """The verdict on ratios of pairs. Never raises."""
    usable = positive(ratios)
    mean = mean_ratio(usable)
    if len(usable) < FEWEST:
        return _too_few(mean, margin)
    why = why_no_interval(usable)
    if why:
        return Verdict("not enough data", mean, margin, why=why)
    logs = np.log(usable)
    if is_equivalent(logs, margin):
        return Verdict("comparable", mean, margin)
    if is_different(logs):
        return Verdict("slower" if np.mean(logs) < 0 else "faster", mean, margin)
    more = more_repeats(logs, margin)
    return Verdict("not enough data", mean, margin, more, _describe_need(more))


def _too_few(mean: MeanRatio, margin: float) -> Verdict:
    there = "1 pair of samples" if mean.count == 1 else f"{mean.count} pairs of samples"
    more = FEWEST - mean.count
    why = f"{there}, at least {more} more {'is' if more == 1 else 'are'} needed"
    return Verdict("not enough data", mean, margin, more, why)


def _describe_need(more: int | None) -> str:
    if more is None:
        return f"{MOST_REPEATS:,} more repeats would not do: the values vary too much"
    return f"~{more} more repeat{'s' * (more > 1)} would do"
