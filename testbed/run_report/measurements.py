"""The figures of an evaluation: throughput, ratios, segments, waterfall, and what else there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from testbed.evaluate.cases import Case
from testbed.report.figures.bars import Bar, Group, grouped_bars
from testbed.report.figures.forest import Row, forest
from testbed.report.figures.palette import OVERLAYS, SHADES, Series
from testbed.report.figures.waterfall import Step, waterfall
from testbed.report.graph.style import GREY
from testbed.run_report.figure import Figure, slug
from testbed.run_report.quantities import CPU, THROUGHPUT, Quantity, describe
from testbed.run_report.summaries import MARGIN, CaseSummary, Mean, Pair

# Counters and settings, which a table shows well enough.
_NO_FIGURE = (
    "wire_packets",
    "wire_bytes",
    "payload_bytes",
    "mtu",
    "retransmits",
    "cpu_s",
    "softirq_s",
)
_INTERVALS = "Bars are means, whiskers 95 % confidence intervals of the mean (t)."
_TRAFFIC = {"pod-to-pod": "pod→pod", "pod-to-service": "pod→Service"}

Known = tuple[CaseSummary, Case]
_Condition = tuple[str, int, str]


def figures(summaries: Sequence[CaseSummary], pairs: Sequence[Pair]) -> list[Figure]:
    """All figures that the measured cases give."""
    known = [(s, s.case) for s in summaries if s.case and not s.case.again]
    found: list[Figure] = []
    for condition in _conditions(known):
        found += [
            replace(figure, heading=_in_words(condition)) for figure in _of(known, pairs, condition)
        ]
    return found


def _of(known: Sequence[Known], pairs: Sequence[Pair], condition: _Condition) -> Iterator[Figure]:
    own = [(s, case) for s, case in known if _condition(case) == condition]
    yield from _bars_of(own, condition, describe(THROUGHPUT), "throughput")
    yield from _ratios([p for p in pairs if _condition(p.case) == condition], condition)
    yield from _segments(own, condition)
    yield from _waterfalls(own, condition)
    for key in _further_quantities(own):
        yield from _bars_of(own, condition, describe(key), slug(key))


def series_of(case: Case) -> str:
    """Which colour a case has."""
    if case.overlay == "none" and case.placement == "same-node":
        return "same-node"
    return case.overlay


def _condition(case: Case) -> _Condition:
    return case.protocol, case.streams, case.mtu


def _conditions(known: Iterable[Known]) -> list[_Condition]:
    return list(dict.fromkeys(_condition(case) for _, case in known))


def _in_words(condition: _Condition) -> str:
    protocol, streams, mtu = condition
    words = f"{protocol.upper()}, {streams} stream{'s' * (streams > 1)}"
    return f"{words}, equal MTU" if mtu == "equal" else words


def _name(condition: _Condition) -> str:
    protocol, streams, mtu = condition
    return f"{protocol}-{streams}stream" + ("-equal-mtu" if mtu == "equal" else "")


def _shortest(own: Sequence[Known]) -> list[Known]:
    """Of SRv6 only the cases with the fewest segments."""
    fewest = min((c.segments for _, c in own if c.overlay == "srv6"), default=0)
    return [(s, c) for s, c in own if c.overlay != "srv6" or c.segments == fewest]


def _bars_of(
    own: Sequence[Known], condition: _Condition, quantity: Quantity, name: str
) -> Iterator[Figure]:
    shown = [(s, c) for s, c in _shortest(own) if quantity.key in s.quantities]
    order = list(OVERLAYS)
    shown.sort(key=lambda item: order.index(series_of(item[1])))
    groups = _groups(shown, quantity, series_of)
    if not groups or not any(bar.value for group in groups for bar in group.bars):
        return
    title = f"{quantity.title}: {_in_words(condition)}"
    scene = grouped_bars(title, _axis_title(quantity), groups, OVERLAYS)
    caption = f"{_capital(title)}. {_INTERVALS} {_counts(shown, quantity.key)}"
    yield Figure(f"{name}-{_name(condition)}", caption, scene)


def _segments(own: Sequence[Known], condition: _Condition) -> Iterator[Figure]:
    """SRv6 by the length of its segment list, where several lengths were measured."""
    shown = [(s, c) for s, c in own if c.overlay == "srv6" and s.goodput]
    lengths = sorted({c.segments for _, c in shown})
    if len(lengths) < 2:
        return
    shown.sort(key=lambda item: item[1].segments)
    series = {
        str(n): Series(f"{n} segment{'s' * (n > 1)}", SHADES[index % len(SHADES)])
        for index, n in enumerate(lengths)
    }
    quantity = describe(THROUGHPUT)
    groups = _groups(shown, quantity, lambda case: str(case.segments))
    title = f"SRv6 by segments: {_in_words(condition)}"
    scene = grouped_bars(title, _axis_title(quantity), groups, series)
    caption = f"{title}. {_INTERVALS} {_counts(shown, THROUGHPUT)}"
    yield Figure(f"segments-{_name(condition)}", caption, scene)


def _groups(
    shown: Sequence[Known], quantity: Quantity, series: Callable[[Case], str]
) -> list[Group]:
    """By traffic and family, as the paper has them."""
    found: dict[tuple[str, str], list[Bar]] = {}
    for traffic, family in sorted({(c.traffic, c.family) for _, c in shown}):
        label = (_TRAFFIC[traffic], f"IPv{family}")
        found[label] = [
            _bar(series(c), s, quantity)
            for s, c in shown
            if (c.traffic, c.family) == (traffic, family)
        ]
    return [Group(label, tuple(bars)) for label, bars in found.items()]


def _bar(series: str, summary: CaseSummary, quantity: Quantity) -> Bar:
    mean, factor = summary.quantities[quantity.key], quantity.factor
    low, high = (None, None)
    if mean.interval:
        low, high = max(0.0, mean.interval.low * factor), mean.interval.high * factor
    note = f"{summary.id}: {interval_words(mean, quantity)} (n = {mean.count})"
    return Bar(series, mean.mean * factor, low, high, note)


def interval_words(mean: Mean, quantity: Quantity) -> str:
    """The mean with its interval, in the unit for people: 9.12 [9.01, 9.23] Gbit/s."""
    said = number(mean.mean * quantity.factor)
    if mean.interval:
        ends = (mean.interval.low, mean.interval.high)
        said += " [" + ", ".join(number(end * quantity.factor) for end in ends) + "]"
    return f"{said} {quantity.unit}".rstrip()


def number(value: float) -> str:
    """Four digits that count, never with an exponent where people count."""
    if value == 0 or 0.001 <= abs(value) < 1e7:
        digits = next((d for end, d in ((1000, 0), (100, 1), (10, 2)) if abs(value) >= end), 3)
        return f"{value:,.{digits}f}" if value == 0 or abs(value) >= 0.1 else f"{value:.3g}"
    return f"{value:.3g}"


def _ratios(pairs: Sequence[Pair], condition: _Condition) -> Iterator[Figure]:
    """SRv6 against its references, controls, and each length of its list against one segment."""
    fewest = min((p.case.segments for p in pairs if p.case.overlay == "srv6"), default=0)
    rows: list[Row] = []
    shown = [
        p
        for p in pairs
        if p.case.again
        or (p.case.overlay == "srv6" and (p.case.segments == fewest or p.reference.segments))
    ]
    for traffic, family in dict.fromkeys((p.case.traffic, p.case.family) for p in shown):
        heading = f"{_TRAFFIC[traffic]} IPv{family}"
        for pair in (p for p in shown if (p.case.traffic, p.case.family) == (traffic, family)):
            ratio = pair.comparison.everything.ratio
            if ratio.value is None:
                continue
            low, high = (
                (ratio.interval.low, ratio.interval.high) if ratio.interval else (None, None)
            )
            colour = GREY if pair.case.again else OVERLAYS[series_of(pair.reference)].colour
            rows.append(Row(pair_words(pair), colour, ratio.value, low, high, heading))
            heading = ""
    if not rows:
        return
    title = f"Ratios of goodput: {_in_words(condition)}"
    caption = (
        f"{title}; points are geometric means of ratios within blocks, lines their 95 % confidence "
        f"intervals, with an arrow where it goes on. Shaded: what counts as comparable, a margin "
        f"of {100 * MARGIN:g} %."
    )
    yield Figure(f"ratios-{_name(condition)}", caption, forest(title, "ratio", rows, MARGIN))


def pair_words(pair: Pair) -> str:
    """What is divided by what: SRv6 / VXLAN."""
    case, reference = pair.case, pair.reference
    if case.again:
        return f"{step_label(case)} / itself"
    if reference.overlay == "srv6":
        return f"{case.segments} segments / {reference.segments}"
    above = "SRv6" if case.segments == 1 else step_label(case)
    return f"{above} / {OVERLAYS[series_of(reference)].label}"


def step_label(case: Case) -> str:
    """The name of a case among those of one condition."""
    label = OVERLAYS[series_of(case)].label
    return f"{label}, {case.segments} seg." if case.segments else label


def _waterfalls(own: Sequence[Known], condition: _Condition) -> Iterator[Figure]:
    """From one veth pair by no overlay to each overlay, where two of them were measured."""
    for family in sorted({c.family for _, c in own}):
        shown = [
            (s, c)
            for s, c in _shortest(own)
            if c.family == family and c.traffic == "pod-to-pod" and s.goodput
        ]
        if len({series_of(c) for _, c in shown} & {"veth", "same-node", "none"}) < 1:
            continue
        steps = _steps(shown)
        if len(steps) < 2:
            continue
        title = f"Where the time goes: pod→pod, IPv{family}, {_in_words(condition)}"
        scene = waterfall(title, "Goodput (Gbit/s)", "CPU (s/GB)", steps)
        caption = (
            f"{title}. Change in brackets, and dashed: against the step above; overlays are "
            "compared with no overlay."
        )
        yield Figure(f"waterfall-ipv{family}-{_name(condition)}", caption, scene)


def _steps(shown: Sequence[Known]) -> list[Step]:
    by_series = {series_of(c): (s, c) for s, c in shown}
    steps: list[Step] = []
    limit: float | None = None
    for name, style in OVERLAYS.items():
        if name not in by_series:
            continue
        summary, case = by_series[name]
        goodput, cost = summary.goodput, summary.quantities.get(CPU)
        if goodput is None:
            continue
        quantity = describe(THROUGHPUT)
        value = goodput.mean * quantity.factor
        note = f"{summary.id}: {interval_words(goodput, quantity)}"
        paid = cost.mean if cost else None
        steps.append(Step(step_label(case), style.colour, value, limit, paid, note))
        if name in ("veth", "same-node", "none"):
            limit = value
    return steps


def _further_quantities(own: Sequence[Known]) -> list[str]:
    """Those that are worth a figure: of what is counted per node the sum, of percentiles p99."""
    keys = dict.fromkeys(key for s, _ in own for key in s.quantities)
    return [
        key
        for key in keys
        if key != THROUGHPUT
        and key.partition(".")[0] not in _NO_FIGURE
        and ("." not in key or key.endswith(".p99_s"))
    ]


def _counts(shown: Sequence[Known], key: str) -> str:
    """How many values each bar has."""
    counts = sorted({s.quantities[key].count for s, _ in shown})
    if len(counts) == 1:
        return f"n = {counts[0]}."
    return f"n = {counts[0]} to {counts[-1]}."


def _axis_title(quantity: Quantity) -> str:
    return replace(quantity, title=_capital(quantity.title)).heading


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
