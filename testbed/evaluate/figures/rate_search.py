"""The highest rate at which few packets get lost: what to send next, by what was seen. Pure.

The first run is unlimited: it says what the sender can do, and how much of it arrives. Then rates
between what passed and what did not are halved. Runs are few and short: a rate is known to within a
few percent, and is never above what passed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BOUND = 0.005  # share of packets
STEPS = 6
CLOSE = 0.03  # a bracket as narrow as this share of its upper end is a result
UNLIMITED = 0.0  # as iperf3 takes it


@dataclass(frozen=True)
class Run:
    """One run at an offered rate, in bit/s: what was sent, and the share that was lost."""

    offered: float
    sent: float
    loss: float

    @property
    def passes(self) -> bool:
        """Few enough were lost."""
        return self.loss <= BOUND and self.sent > 0

    @property
    def arrived(self) -> float:
        """What the receiver got, in bit/s."""
        return self.sent * (1 - self.loss)


@dataclass
class RateSearch:
    """`next_rate` and `learn` by turns, until there is no next one."""

    steps: int
    runs: list[Run] = field(default_factory=list)

    @property
    def best(self) -> Run | None:
        """The run that passed with the most; None if none did."""
        return max((r for r in self.runs if r.passes), key=lambda r: r.arrived, default=None)

    def next_rate(self) -> float | None:
        """What to offer next, in bit/s; None: the search is over."""
        if not self.runs:
            return UNLIMITED
        first = self.runs[0]
        if len(self.runs) >= self.steps or first.passes or first.sent <= 0:
            return None
        if len(self.runs) == 1:
            return first.arrived or first.sent / 2
        low, high = self._bracket()
        return None if high - low <= CLOSE * high else (low + high) / 2

    def learn(self, run: Run) -> None:
        """What came of it."""
        self.runs.append(run)

    def _bracket(self) -> tuple[float, float]:
        """The highest rate that passed, and the lowest above it that did not."""
        low = max((r.sent for r in self.runs if r.passes), default=0.0)
        failed = [r.offered or r.sent for r in self.runs if not r.passes]
        return low, min((rate for rate in failed if rate > low), default=low)
