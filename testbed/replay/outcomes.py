"""What came out of two runs, side by side: verdicts, figures, and cases of evaluations; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from typing_extensions import TypedDict

from testbed.evaluate.sample import GIGA, Sample
from testbed.evaluate.statistics import FEWEST
from testbed.evaluate.verdict import Kind, Verdict, compare, judge
from testbed.records.record import Outcome, RunRecord
from testbed.replay.areas import Effect
from testbed.replay.evidence import Evidence
from testbed.scenario.run.result import ScenarioResult

FACTOR = 1.5  # by which values that are too few for statistics have to differ
_NUMBER = re.compile(r"\b\d+(\.\d+)*\b")  # the digit of worker1 or IPv6 is none
_TIME = re.compile(r"second|\bms\b|\(m?s\)|gap|time")


class Result(TypedDict):
    """One thing that both runs have, or one lacks (None). `ratio`: B to A, with its 95 % interval.

    `differs`: it does so significantly; of few values, by more than half.
    """

    of: str
    what: str
    effect: Effect
    a: str | None
    b: str | None
    ratio: float | None
    low: float | None
    high: float | None
    verdict: Kind | None
    says: str
    differs: bool


def results(one: Evidence, other: Evidence) -> list[Result]:
    """Scenarios and their figures, or cases; in the order of the first run."""
    found = list(_outcomes(one.record, other.record))
    found += _figures(one.results, other.results)
    return [*found, *_cases(one, other)]


def _outcomes(one: RunRecord, other: RunRecord) -> Iterator[Result]:
    first, second = (_by_name(record.outcomes) for record in (one, other))
    for name in dict.fromkeys([*first, *second]):
        a, b = (_verdicts(side[name]) if name in side else None for side in (first, second))
        yield _plain(name, "verdict", a, b, _why(first.get(name, ()), second.get(name, ())))


def _by_name(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.name, []).append(outcome)
    return found


def _verdicts(outcomes: Sequence[Outcome]) -> str:
    """pass; of several rounds 3 pass, 1 fail."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.verdict] = counts.get(outcome.verdict, 0) + 1
    if len(outcomes) == 1:
        return outcomes[0].verdict
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def _why(*sides: Sequence[Outcome]) -> str:
    """What failed in the one or the other."""
    said = [o.failure or o.reason for side in sides for o in side if o.failure or o.reason]
    return (said[0] or "").partition("\n")[0] if said else ""


def _plain(of: str, what: str, a: str | None, b: str | None, says: str) -> Result:
    differs = a != b
    return Result(
        of=of,
        what=what,
        effect="verdict",
        a=a,
        b=b,
        ratio=None,
        low=None,
        high=None,
        verdict=None,
        says=says if differs else "the same",
        differs=differs,
    )


def _figures(one: Sequence[ScenarioResult], other: Sequence[ScenarioResult]) -> Iterator[Result]:
    """Numbers of all rounds of a scenario; a figure that only one run has is none to compare."""
    first, second = _numbers(one), _numbers(other)
    for (scenario, name), values in first.items():
        if (scenario, name) in second:
            yield _figure(scenario, name, values, second[scenario, name])


def _numbers(results: Iterable[ScenarioResult]) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for result in results:
        for name, value in result.figures.items():
            key = result.scenario, _NUMBER.sub("#", name)
            found.setdefault(key, []).extend(_values(value))
    return {key: values for key, values in found.items() if values}


def _values(value: object) -> list[float]:
    many = value if isinstance(value, list | tuple) else [value]
    return [float(v) for v in many if isinstance(v, int | float) and not isinstance(v, bool)]


def _figure(scenario: str, name: str, a: Sequence[float], b: Sequence[float]) -> Result:
    effect: Effect = "time" if _TIME.search(name) else "count"
    verdict = judge(y / x for x, y in zip(a, b, strict=False) if x > 0)
    few = min(len(a), len(b)) < FEWEST or any(v <= 0 for v in [*a, *b])
    differs = _differs_much(_mean(a), _mean(b)) if few else verdict.kind in ("slower", "faster")
    return Result(
        of=scenario,
        what=name,
        effect=effect,
        a=_shown(a),
        b=_shown(b),
        **_ratio(verdict),
        says=_few_in_words(_mean(a), _mean(b), differs) if few else _in_words(verdict),
        differs=differs,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _differs_much(a: float, b: float) -> bool:
    if a <= 0 or b <= 0:
        return a != b
    return not 1 / FACTOR <= b / a <= FACTOR


def _few_in_words(a: float, b: float, differs: bool) -> str:
    if a == b:
        return "the same"
    word = "higher" if b > a else "lower"
    times = f", {b / a:.2g} times" if a > 0 and b > 0 else ""
    few = f"{'' if differs else 'by less than half; '}too few values for statistics"
    return f"{word}{times}: {few}"


def _in_words(verdict: Verdict) -> str:
    """For a quantity of which more may be worse."""
    return verdict.words.replace("slower", "lower").replace("faster", "higher")


def _shown(values: Sequence[float]) -> str:
    mean = f"{_mean(values):.3g}"
    return mean if len(values) == 1 else f"{mean} ({len(values)} values)"


class _Ratio(TypedDict):
    ratio: float | None
    low: float | None
    high: float | None
    verdict: Kind | None


def _ratio(verdict: Verdict) -> _Ratio:
    interval = verdict.ratio.interval
    return _Ratio(
        ratio=verdict.ratio.value,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        verdict=verdict.kind,
    )


def _cases(one: Evidence, other: Evidence) -> Iterator[Result]:
    """Goodput of the cases that both measured, compared block by block.

    Blocks of two runs met other machines, or other times. Their ratios vary as much as both runs
    together, so the interval is right, and wider than within a run.
    """
    first, second = (_measured(side.samples) for side in (one, other))
    for case in first:
        if case in second:
            yield _case(case, first[case], second[case])


def _measured(samples: Iterable[Sample]) -> Mapping[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.is_measured:
            found.setdefault(sample.case, []).append(sample)
    return found


def _case(case: str, a: Sequence[Sample], b: Sequence[Sample]) -> Result:
    pairs = [s.model_copy(update={"case": side}) for side, own in (("A", a), ("B", b)) for s in own]
    comparison = compare(pairs, "B", "A")
    verdict = comparison.everything
    return Result(
        of=case,
        what="goodput",
        effect="rate",
        a=_goodput(a),
        b=_goodput(b),
        **_ratio(verdict),
        says=comparison.words,
        differs=verdict.kind in ("slower", "faster"),
    )


def _goodput(samples: Sequence[Sample]) -> str | None:
    values = [v / GIGA for s in samples if (v := s.values.throughput_bps) is not None]
    return f"{_mean(values):.2f} Gbit/s" if values else None
