"""Can this machine measure at all? A few equal transfers before the first sample say so. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from pydantic import AwareDatetime, BaseModel, ConfigDict

from testbed.evaluate.figures.usage import marks
from testbed.evaluate.sample import GIGA, Disturbance, Number

RUNS = 5
VARIATION = 0.05  # more than the margin of a comparison takes many repeats


class Stability(BaseModel):
    """Equal transfers over one pair of interfaces, in bit/s, and what disturbed them.

    `variation` is their standard deviation as a share of their mean.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    started: AwareDatetime
    rates_bps: tuple[Number, ...]
    variation: Number
    disturbance: Disturbance
    findings: tuple[str, ...]

    @property
    def words(self) -> str:
        """For people."""
        rate = f"{fmean(self.rates_bps) / GIGA:.1f} Gbit/s" if self.rates_bps else "nothing"
        said = f"one veth pair carries {rate} ± {100 * self.variation:.1f} %"
        if not self.findings:
            return f"this machine can measure: {said}"
        return f"this machine is not quiet: {said}; {'; '.join(self.findings)}"


def judge(started: AwareDatetime, rates: Sequence[float], found: Disturbance) -> Stability:
    """What the transfers say."""
    variation = variation_of(rates)
    findings = list(marks(found))
    if len(rates) < RUNS:
        findings.append(f"{len(rates)} of {RUNS} transfers gave a result")
    if variation > VARIATION:
        findings.append(f"equal transfers vary by {100 * variation:.0f} %: many repeats are needed")
    return Stability(
        started=started,
        rates_bps=tuple(rates),
        variation=variation,
        disturbance=found,
        findings=tuple(findings),
    )


def variation_of(rates: Sequence[float]) -> float:
    """The coefficient of variation; 0 of less than two."""
    if len(rates) < 2 or fmean(rates) <= 0:
        return 0.0
    return stdev(rates) / fmean(rates)
