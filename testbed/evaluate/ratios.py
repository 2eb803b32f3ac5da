"""Two cases compared in pairs: within a block both met the same machine.

Ratios are taken as logarithms, so that A/B and B/A say the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from testbed.evaluate.sample import Quantity, Sample
from testbed.evaluate.statistics import Array, Interval, finite, t_interval, why_no_interval

_LONGEST = 700  # a logarithm whose number a computer can write


@dataclass(frozen=True)
class Ratios:
    """One ratio per block in which both cases have a value; `notes` say what is left out."""

    by_block: Mapping[int, float]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paired:
    """The ratios of all blocks, and of those in which neither sample is marked as disturbed."""

    everything: Ratios
    undisturbed: Ratios


@dataclass(frozen=True)
class MeanRatio:
    """The geometric mean of `count` ratios, and its 95 % interval if it has one."""

    count: int
    value: float | None = None
    interval: Interval | None = None


def pair(samples: Iterable[Sample], case: str, reference: str, quantity: Quantity) -> Paired:
    """`quantity` of one case relative to another; warm-ups do not count."""
    measured = [s for s in samples if s.is_measured and s.case in (case, reference)]
    above, below = (_by_block(measured, name) for name in (case, reference))
    everything = _ratios(above, below, quantity)
    twice = [
        block for (block, _), n in Counter((s.block, s.case) for s in measured).items() if n > 1
    ]
    marked = {s.block for s in measured if s.marks}
    disturbed = [block for block in everything.by_block if block in marked]
    return Paired(
        Ratios(everything.by_block, (*everything.notes, *_note(twice, "the first of two counts"))),
        Ratios(
            {b: ratio for b, ratio in everything.by_block.items() if b not in marked},
            _note(disturbed, "left out, disturbed"),
        ),
    )


def positive(ratios: Iterable[float]) -> Array:
    """Those that have a logarithm."""
    numbers = finite(ratios)
    return numbers[numbers > 0]


def mean_ratio(ratios: Iterable[float]) -> MeanRatio:
    """Never raises: what cannot be computed is None."""
    usable = positive(ratios)
    if not len(usable):
        return MeanRatio(0)
    logs = np.log(usable)
    value = math.exp(float(np.mean(logs)))
    if why_no_interval(usable):
        return MeanRatio(len(usable), value)
    low, high = (math.exp(np.clip(end, -_LONGEST, _LONGEST)) for end in t_interval(logs))
    return MeanRatio(len(usable), value, Interval(low, high))


def _by_block(samples: Iterable[Sample], case: str) -> dict[int, Sample]:
    found: dict[int, Sample] = {}
    for sample in samples:
        if sample.case == case:
            found.setdefault(sample.block, sample)
    return found


def _ratios(above: Mapping[int, Sample], below: Mapping[int, Sample], quantity: Quantity) -> Ratios:
    found: dict[int, float] = {}
    valueless = []
    for block in sorted(above.keys() & below.keys()):
        a, b = (side[block].values.get(quantity) for side in (above, below))
        if a and b:
            found[block] = a / b
        else:
            valueless.append(block)
    alone = sorted(above.keys() ^ below.keys())
    notes = (
        *_note(alone, "left out, only one of the two was measured"),
        *_note(valueless, "left out, a value is zero or was not measured"),
    )
    return Ratios(found, notes)


def _note(blocks: Sequence[int], what: str) -> tuple[str, ...]:
    if not blocks:
        return ()
    return (f"block{'s' * (len(blocks) > 1)} {', '.join(map(str, blocks))}: {what}",)
