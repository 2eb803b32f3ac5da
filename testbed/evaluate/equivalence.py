"""Tests of log ratios: are two cases equal within a margin, do they differ, or is more needed?

Equal is decided by two one-sided tests (TOST) at 5 %; a margin of 5 % means that the ratio lies
between 0.95 and 1/0.95. A difference takes a two-sided test at 1 %: a report has many comparisons,
and who repeats until something is found finds something; at 5 %, one of twenty equal pairs would
differ. What passes both is equal: its difference is real, and smaller than the margin.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from testbed.evaluate.statistics import Array, standard_error

MARGIN = 0.05
EQUIVALENCE_LEVEL = 0.05
DIFFERENCE_LEVEL = 0.01
POWER = 0.8  # with which the repeats that are asked for will do
MOST_REPEATS = 1000


def is_equivalent(logs: Array, margin: float = MARGIN) -> bool:
    """TOST: is the mean of log ratios within ±log(1 - margin), by both one-sided tests?"""
    reach = -math.log1p(-margin)
    t = (reach - abs(np.mean(logs))) / standard_error(logs)
    return bool(stats.t.sf(t, len(logs) - 1) < EQUIVALENCE_LEVEL)


def is_different(logs: Array) -> bool:
    """The t test of the mean against 0, which is a ratio of 1."""
    t = abs(np.mean(logs)) / standard_error(logs)
    return bool(2 * stats.t.sf(t, len(logs) - 1) < DIFFERENCE_LEVEL)


def more_repeats(logs: Array, margin: float = MARGIN) -> int | None:
    """After how many more either test will do, if mean and spread stay; None: not in reach."""
    counts = np.arange(len(logs) + 1.0, len(logs) + MOST_REPEATS + 1)
    errors = np.std(logs, ddof=1) / np.sqrt(counts)
    difference = abs(float(np.mean(logs)))
    to_margin = -math.log1p(-margin) - difference
    # Near a ratio of 1, the two one-sided tests share what may fail.
    enough = (_needed(EQUIVALENCE_LEVEL, (1 + POWER) / 2, counts) * errors <= to_margin) | (
        _needed(DIFFERENCE_LEVEL / 2, POWER, counts) * errors <= difference
    )
    return int(np.argmax(enough)) + 1 if enough.any() else None


def _needed(level: float, power: float, counts: Array) -> Array:
    """The distance, in standard errors, at which a one-sided test succeeds with this power."""
    needed: Array = stats.t.ppf(1 - level, counts - 1) + stats.t.ppf(power, counts - 1)
    return needed
