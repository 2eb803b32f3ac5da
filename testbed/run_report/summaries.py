"""Each case in numbers: mean and interval of every quantity, and how it compares; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from testbed.evaluate.cases import BY_ID, Case
from testbed.evaluate.equivalence import MARGIN
from testbed.evaluate.sample import Sample
from testbed.evaluate.statistics import Interval, finite, t_interval, why_no_interval
from testbed.evaluate.table import references
from testbed.evaluate.verdict import Comparison, compare
from testbed.run_report.quantities import THROUGHPUT, values_of

Measured = Mapping[str, Sequence[Sample]]  # case → its samples, without warm-ups

__all__ = ["MARGIN", "CaseSummary", "Mean", "Pair", "pairs", "summarise_cases"]


@dataclass(frozen=True)
class Mean:
    """Of `count` values; the 95 % t interval if there is one, else why not."""

    count: int
    mean: float
    median: float
    interval: Interval | None
    why: str = ""


@dataclass(frozen=True)
class CaseSummary:
    """One case; `case` is None for an id that this testbed does not know."""

    id: str
    case: Case | None
    samples: int
    marked: int
    quantities: Mapping[str, Mean]
    paths: tuple[str, ...]  # how its paths were proved, each sentence once

    @property
    def goodput(self) -> Mean | None:
        """None where none was measured."""
        return self.quantities.get(THROUGHPUT)


@dataclass(frozen=True)
class Pair:
    """A case compared with another, by goodput."""

    case: Case
    reference: Case
    comparison: Comparison


def summarise_cases(measured: Measured) -> list[CaseSummary]:
    """All cases that were asked for or measured, in the order in which they were asked for."""
    return [_summarise(case, own) for case, own in measured.items()]


def pairs(measured: Measured) -> list[Pair]:
    """Each case with each of its references that was measured too."""
    return [
        Pair(
            BY_ID[case],
            reference,
            compare([*own, *measured[reference.id]], case, reference.id),
        )
        for case, own in measured.items()
        if case in BY_ID and own
        for reference in references(BY_ID[case])
        if measured.get(reference.id)
    ]


def _summarise(case: str, samples: Sequence[Sample]) -> CaseSummary:
    series: dict[str, list[float]] = {}
    for sample in samples:
        for key, value in values_of(sample).items():
            series.setdefault(key, []).append(value)
    return CaseSummary(
        id=case,
        case=BY_ID.get(case),
        samples=len(samples),
        marked=sum(bool(sample.marks) for sample in samples),
        quantities={key: _mean(values) for key, values in series.items()},
        paths=tuple(dict.fromkeys(sample.path for sample in samples)),
    )


def _mean(values: Sequence[float]) -> Mean:
    import numpy as np

    series = finite(values)
    why = why_no_interval(series)
    interval = None
    if not why:
        low, high = t_interval(series)
        interval = Interval(float(low), float(high))
    return Mean(len(series), float(np.mean(series)), float(np.median(series)), interval, why)
