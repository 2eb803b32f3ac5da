"""What scenarios of scale decide and compute; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that is not below so many per cent of them."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def next_batch(made: int, most: int, used: float, limit: float, batch: int) -> int:
    """How many more are made now, at most `batch`: up to `most`, and as what is left has room for.

    `used` of `limit` is what those that are there take.
    """
    if made == 0:
        return min(batch, most)
    each = max(used, 0.0) / made
    room = math.floor((limit - used) / each) if each else batch
    return max(0, min(batch, most - made, room))


def in_a_ring(ends: Sequence[T]) -> list[tuple[T, T]]:
    """Each with the next one, the last with the first; none where there is but one."""
    return list(zip(ends, [*ends[1:], *ends[:1]], strict=True)) if len(ends) > 1 else []
