"""Bars in groups with their confidence intervals, as papers have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from testbed.report.figures.axis import Axis, axis
from testbed.report.figures.keys import keys
from testbed.report.figures.palette import GRID, SMALL, TEXT, WIDTH, Series
from testbed.report.graph.scene import Box, Line, Scene, Shape, Text, text_width
from testbed.report.graph.style import GREY, INK

_RIGHT, _HEIGHT = 6.0, 150.0
_NARROWEST, _WIDEST = 7.0, 34.0  # pixels of a bar
_CAP = 3.0


@dataclass(frozen=True)
class Bar:
    """`series` names its colour; `low` and `high` are the ends of its interval, if it has one."""

    series: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Bars that stand together; `label` are the lines below them."""

    label: tuple[str, ...]
    bars: tuple[Bar, ...]


def grouped_bars(
    title: str, unit: str, groups: Sequence[Group], series: Mapping[str, Series]
) -> Scene:
    """The chart; `unit` stands at its axis, `title` is for those who cannot see it."""
    bars = sum(len(group.bars) for group in groups)
    label = max(text_width(line, SMALL) for group in groups for line in group.label) + 6
    gap = 12.0
    left = left_of(axis(0.0, _highest(groups), 1, 0))
    room = max(bars * _NARROWEST + gap * len(groups), WIDTH - left - _RIGHT, label * len(groups))
    thick = min(_WIDEST, (room - gap * len(groups)) / bars)
    width = left + room + _RIGHT
    used = [one for name, one in series.items() if _is_used(name, groups)]
    shapes, top = keys(used, left, 0.0, width - _RIGHT)
    shapes.append(Text((2, top + 9), unit, SMALL, GREY, anchor="start"))
    top += 20
    scale = axis(0.0, _highest(groups), top + _HEIGHT, top)
    shapes += grid(scale, left, width - _RIGHT)
    for index, group in enumerate(groups):
        middle = left + room * _middle(groups, index, gap, thick)
        shapes += _group(group, middle, thick, scale, series)
    shapes.append(Line(((left, scale.start), (width - _RIGHT, scale.start)), INK, 1.0))
    lines = max(len(group.label) for group in groups)
    return Scene(title, width, scale.start + 6 + 11 * lines, tuple(shapes))


def left_of(scale: Axis) -> float:
    """Pixels that the values of a vertical axis need."""
    return max(28.0, *(text_width(scale.label(tick), TEXT) + 8 for tick in scale.ticks))


def grid(scale: Axis, left: float, right: float) -> list[Shape]:
    """Horizontal lines with their values."""
    shapes: list[Shape] = []
    for tick in scale.ticks:
        y = scale.at(tick)
        shapes.append(Line(((left, y), (right, y)), GRID, 0.7))
        shapes.append(Text((left - 4, y), scale.label(tick), TEXT, INK, anchor="end"))
    return shapes


def _middle(groups: Sequence[Group], index: int, gap: float, thick: float) -> float:
    """The middle of a group, as a share of the width; groups get room by their bars."""
    widths = [gap + max(len(group.bars), 1) * thick for group in groups]
    return (sum(widths[:index]) + widths[index] / 2) / sum(widths)


def _group(
    group: Group, middle: float, thick: float, scale: Axis, series: Mapping[str, Series]
) -> Iterable[Shape]:
    x = middle - thick * len(group.bars) / 2
    for bar in group.bars:
        yield from _bar(bar, x, thick, scale, series[bar.series].colour)
        x += thick
    for number, line in enumerate(group.label):
        yield Text((middle, scale.start + 10 + 11 * number), line, SMALL, INK)


def _bar(bar: Bar, x: float, thick: float, scale: Axis, colour: str) -> Iterable[Shape]:
    top = scale.at(bar.value)
    yield Box(x + 0.5, top, thick - 1, scale.start - top, colour, colour, 0.0, 0.0, bar.note)
    if bar.low is None or bar.high is None:
        return
    middle, low, high = x + thick / 2, scale.at(bar.low), scale.at(bar.high)
    cap = min(_CAP, thick / 2 - 1)
    yield Line(((middle, low), (middle, high)), INK, 1.0)
    for y in (low, high):
        yield Line(((middle - cap, y), (middle + cap, y)), INK, 1.0)


def _highest(groups: Sequence[Group]) -> float:
    return max(max(bar.value, bar.high or 0.0) for group in groups for bar in group.bars)


def _is_used(name: str, groups: Sequence[Group]) -> bool:
    return any(bar.series == name for group in groups for bar in group.bars)
