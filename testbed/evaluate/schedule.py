"""The order of samples: blocks of all cases, each block in a random order of its own.

This is a randomised complete block design: what drifts while it runs (heat, other load) meets all
cases alike, and two cases are compared within a block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from testbed.evaluate.sample import Kind, Sample


@dataclass(frozen=True)
class Slot:
    """One sample to take: `position` in the whole order, from 0; block 0 is the warm-up."""

    position: int
    block: int
    case: str

    @property
    def kind(self) -> Kind:
        """Warm-up samples are kept, but no figure is made of them."""
        return "measured" if self.block else "warm-up"


def plan_order(cases: Iterable[str], repeats: int, seed: int) -> tuple[Slot, ...]:
    """A warm-up of every case, then `repeats` blocks.

    More repeats, or more cases, leave the order of those that were there as it is.
    """
    names = set(cases)
    order = [
        (block, case)
        for block in range(repeats + 1)
        for case in sorted(names, key=lambda name: _rank(seed, block, name))
    ]
    return tuple(Slot(i, block, case) for i, (block, case) in enumerate(order))


def _rank(seed: int, block: int, case: str) -> bytes:
    """A hash is the same on every machine and Python, which a shuffle does not promise."""
    return hashlib.sha256(f"{seed}/{block}/{case}".encode()).digest()


def left(order: Iterable[Slot], done: Iterable[Sample]) -> tuple[Slot, ...]:
    """What has no sample yet, in order."""
    there = {(sample.block, sample.case) for sample in done}
    return tuple(slot for slot in order if (slot.block, slot.case) not in there)


def estimate_seconds(slots: Iterable[Slot], done: Iterable[Sample]) -> float | None:
    """How long these will take; None if nothing is done yet.

    A case takes as long as its measured samples, else as its warm-up, else as others took.
    """
    known: dict[str, list[float]] = {}
    for sample in sorted(done, key=lambda sample: sample.kind == "warm-up"):
        if sample.kind == "measured" or sample.case not in known:
            known.setdefault(sample.case, []).append(sample.seconds)
    if not known:
        return None
    mean = {case: fmean(seconds) for case, seconds in known.items()}
    other = fmean(mean.values())
    return sum(mean.get(slot.case, other) for slot in slots)
