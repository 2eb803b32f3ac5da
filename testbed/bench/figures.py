"""Computes medians, percentiles and ratios, and formats them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Figure:
    """Samples of one quantity. Times in seconds unless `unit` says otherwise."""

    name: str
    samples: tuple[float, ...]
    unit: str = "s"
    target: str = ""

    @property
    def median(self) -> float:
        return median(self.samples)

    @property
    def p95(self) -> float:
        """95th percentile (the largest where there are fewer than 20 samples)."""
        if len(self.samples) < 20:
            return max(self.samples)
        return quantiles(self.samples, n=20)[-1]

    def row(self) -> str:
        """A line of a Markdown table."""
        low, high = min(self.samples), max(self.samples)
        return (
            f"| {self.name} | {self.median:.3g} {self.unit} | {self.p95:.3g} | "
            f"{low:.3g} – {high:.3g} | {len(self.samples)} | {self.target} |"
        )


HEADER = "| what | median | p95 | min – max | runs | target |\n|---|---|---|---|---|---|"


def ratio(slow: Figure, fast: Figure) -> float:
    """Ratio of the medians."""
    return slow.median / fast.median


def breakdown(runs: Sequence[dict[str, float]]) -> list[str]:
    """A Markdown table of the steps of equal runs: median seconds, and their share of all."""
    names = dict.fromkeys(name for run in runs for name in run)
    medians = {n: median([run[n] for run in runs if n in run]) for n in names}
    total = sum(medians.values())
    lines = ["| step | median | of the sum |", "|---|---|---|"]
    lines += [f"| {n} | {s:.2f} s | {100 * s / total:.0f} % |" for n, s in medians.items()]
    return [*lines, f"| sum | {total:.2f} s | |"]
