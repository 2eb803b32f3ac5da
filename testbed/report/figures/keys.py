"""The legend of a chart: swatches and names, wrapped."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.report.figures.palette import SMALL, Series
from testbed.report.graph.scene import Box, Line, Shape, Text, text_width
from testbed.report.graph.style import INK

ROW = 14.0
_SWATCH = 9.0


def keys(
    series: Sequence[Series], left: float, top: float, right: float, *, lines: bool = False
) -> tuple[list[Shape], float]:
    """The shapes, and the y where they end; `lines`: of a chart of lines."""
    shapes: list[Shape] = []
    x, y = left, top + ROW / 2
    for one in series:
        label = shortened(one.label, right - left - _SWATCH - 4)
        step = _SWATCH + 4 + text_width(label, SMALL) + 10
        if x > left and x + step - 10 > right:
            x, y = left, y + ROW
        shapes.append(_swatch(one, x, y, lines))
        shapes.append(Text((x + _SWATCH + 4, y), label, SMALL, INK, anchor="start"))
        x += step
    return shapes, (y + ROW / 2 if series else top)


def shortened(text: str, width: float, size: float = SMALL) -> str:
    """As much of a text as fits."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text}…"


def _swatch(one: Series, x: float, y: float, lines: bool) -> Shape:
    if lines:
        return Line(((x, y), (x + _SWATCH, y)), one.colour, 2.0)
    return Box(x, y - _SWATCH / 2, _SWATCH, _SWATCH, one.colour, one.colour, 0.0, 0.0)
