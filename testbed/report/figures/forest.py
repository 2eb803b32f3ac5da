"""Ratios with their intervals below each other, and the band within which they count as equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.report.figures.axis import Axis, axis
from testbed.report.figures.keys import shortened
from testbed.report.figures.palette import GRID, SMALL, TEXT, WIDTH
from testbed.report.graph.scene import Box, Circle, Line, Scene, Shape, Text
from testbed.report.graph.style import GREY, INK

_LABEL, _ROW, _TOP = 150.0, 16.0, 20.0
_FURTHEST = 1.0  # an interval that ends further from all points ends in an arrow
BAND = "#e3e8ee"


@dataclass(frozen=True)
class Row:
    """A ratio; `heading` starts a block of rows."""

    label: str
    colour: str
    value: float
    low: float | None = None
    high: float | None = None
    heading: str = ""


def forest(title: str, unit: str, rows: Sequence[Row], margin: float) -> Scene:
    """`margin`: 0.05 shades the ratios from 0.95 to 1/0.95."""
    low_end, high_end = 1 - margin, 1 / (1 - margin)
    points = [low_end, high_end, *(row.value for row in rows)]
    ends = [v for row in rows for v in (row.low, row.high) if v is not None]
    low = min([*points, *(v for v in ends if v > min(points) - _FURTHEST)])
    high = max([*points, *(v for v in ends if v < max(points) + _FURTHEST)])
    scale = axis(low, high, _LABEL, WIDTH - 12, 4)
    lines = len(rows) + sum(bool(row.heading) for row in rows)
    bottom = _TOP + _ROW * lines + 4
    band = Box(scale.at(low_end), _TOP - 4, 0, bottom - _TOP + 4, BAND, BAND, 0.0, 0.0)
    shapes: list[Shape] = [
        Box(band.x, band.y, scale.at(high_end) - band.x, band.height, BAND, BAND, 0.0, 0.0),
        Text((WIDTH - 12, 7), unit, SMALL, GREY, anchor="end"),
    ]
    for tick in scale.ticks:
        x = scale.at(tick)
        shapes.append(Line(((x, _TOP - 4), (x, bottom)), GRID, 0.7))
        shapes.append(Text((x, bottom + 9), scale.label(tick), TEXT, INK))
    shapes.append(Line(((scale.at(1.0), _TOP - 4), (scale.at(1.0), bottom)), INK, 1.0))
    y = _TOP + _ROW / 2
    for row in rows:
        if row.heading:
            shapes.append(Text((2, y), shortened(row.heading, _LABEL), SMALL, GREY, anchor="start"))
            y += _ROW
        shapes += _row(row, y, scale)
        y += _ROW
    return Scene(title, WIDTH, bottom + 18, tuple(shapes))


def _row(row: Row, y: float, scale: Axis) -> list[Shape]:
    label = shortened(row.label, _LABEL - 16)
    shapes: list[Shape] = [Text((10, y), label, SMALL, INK, anchor="start")]
    if row.low is not None and row.high is not None:
        middle, low, high = (scale.at(v) for v in (row.value, row.low, row.high))
        for end, is_beyond in ((low, row.low < scale.low), (high, row.high > scale.high)):
            shapes.append(Line(((middle, y), (end, y)), row.colour, 2.0, arrow=is_beyond))
    shapes.append(Circle((scale.at(row.value), y), 3.0, row.colour, row.colour, 0.5))
    return shapes
