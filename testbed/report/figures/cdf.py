"""Empirical distribution functions of one quantity, a line per series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from testbed.report.figures.axis import Axis, axis
from testbed.report.figures.bars import grid
from testbed.report.figures.keys import keys
from testbed.report.figures.palette import CYCLE, GRID, SMALL, TEXT, WIDTH, Series
from testbed.report.graph.scene import Line, Point, Scene, Text
from testbed.report.graph.style import GREY, INK

_LEFT, _RIGHT, _HEIGHT = 34.0, 12.0, 140.0


def cdf(title: str, unit: str, series: Mapping[str, Sequence[float]]) -> Scene:
    """The share of values that are at most x. Each series has a value at least."""
    drawn = [
        Series(f"{name} (n = {len(values)})", CYCLE[index % len(CYCLE)])
        for index, (name, values) in enumerate(series.items())
    ]
    shapes, top = keys(drawn, _LEFT, 0.0, WIDTH - _RIGHT, lines=True)
    shapes.append(Text((2, top + 9), "share of values", SMALL, GREY, anchor="start"))
    top += 20
    up = axis(0.0, 1.0, top + _HEIGHT, top)
    highest = max(max(values) for values in series.values())
    across = axis(0.0, highest, _LEFT, WIDTH - _RIGHT)
    shapes += grid(up, _LEFT, WIDTH - _RIGHT)
    for tick in across.ticks:
        x = across.at(tick)
        shapes.append(Line(((x, up.start), (x, up.end)), GRID, 0.7))
        shapes.append(Text((x, up.start + 10), across.label(tick), TEXT, INK))
    for index, (one, values) in enumerate(zip(drawn, series.values(), strict=True)):
        shapes.append(Line(_steps(values, across, up), one.colour, 1.8, dashed=index >= len(CYCLE)))
    shapes.append(Line(((_LEFT, up.start), (WIDTH - _RIGHT, up.start)), INK, 1.0))
    shapes.append(Text((WIDTH - _RIGHT, up.start + 23), unit, SMALL, GREY, anchor="end"))
    return Scene(title, WIDTH, up.start + 32, tuple(shapes))


def _steps(values: Sequence[float], across: Axis, up: Axis) -> tuple[Point, ...]:
    ordered = sorted(values)
    points = [(across.start, up.at(0.0))]
    for number, value in enumerate(ordered, 1):
        x = across.at(value)
        points += [(x, points[-1][1]), (x, up.at(number / len(ordered)))]
    points.append((across.end, up.at(1.0)))
    return tuple(b for a, b in pairwise([(-1.0, -1.0), *points]) if a != b)
