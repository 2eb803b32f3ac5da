"""The scale of an axis: round steps, as few digits as tell them apart."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` on pixels from `start` to `end`; ticks at round values."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where a value is; one outside of the scale is at its end."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)

    def label(self, tick: float) -> str:
        """The text of a tick."""
        step = self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else self.high
        decimals = next(n for n in range(12) if math.isclose(round(step, n), step, rel_tol=1e-6))
        return f"{tick:.{decimals}f}" if abs(tick) < 1e6 else f"{tick:.3g}"


def axis(low: float, high: float, start: float, end: float, wanted: int = 5) -> Axis:
    """An axis that holds both values; its ends are ticks."""
    if not high > low:
        high = low + (abs(low) or 1.0)
    step = _round_step((high - low) / wanted)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(number * step for number in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], start, end, ticks)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough * 0.999)
