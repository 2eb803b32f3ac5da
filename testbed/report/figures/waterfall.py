"""Where throughput goes: from the machine's limit down to each overlay, and what a byte costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.report.figures.axis import Axis, axis
from testbed.report.figures.palette import GRID, SMALL, WIDTH
from testbed.report.graph.scene import Box, Line, Scene, Shape, Text, text_width
from testbed.report.graph.style import GREY, INK

_ROW, _GAP, _TOP = 22.0, 10.0, 20.0
_COST = 74.0  # pixels of the second column, with its values


@dataclass(frozen=True)
class Step:
    """`before` is the value of the step that it is compared with; None for the first.

    `cost`: of a second quantity, None where it was not measured.
    """

    label: str
    colour: str
    value: float
    before: float | None = None
    cost: float | None = None
    note: str = ""


def waterfall(title: str, unit: str, cost_unit: str, steps: Sequence[Step]) -> Scene:
    """A row per step; a dashed piece is what was lost against the step before."""
    has_cost = any(step.cost is not None for step in steps)
    left = max(text_width(step.label, SMALL) for step in steps) + 8
    values = max(text_width(_in_words(step), SMALL) for step in steps) + 10
    right = WIDTH - values - (_COST + _GAP if has_cost else 0.0)
    highest = max(max(step.value, step.before or 0.0) for step in steps)
    scale = axis(0.0, highest, left, right, 3)
    bottom = _TOP + _ROW * len(steps)
    shapes = [*_columns(scale, bottom), Text((left, 8), unit, SMALL, GREY, anchor="start")]
    for index, step in enumerate(steps):
        shapes += _row(step, _TOP + _ROW * index, scale)
    if has_cost:
        start = WIDTH - _COST
        cost_scale = axis(0.0, max(step.cost or 0.0 for step in steps), start, WIDTH - 36, 1)
        shapes.append(Line(((start, _TOP), (start, bottom)), GRID, 0.7))
        shapes.append(Text((start, 8), cost_unit, SMALL, GREY, anchor="start"))
        for index, step in enumerate(steps):
            shapes += _cost(step, _TOP + _ROW * index, cost_scale)
    return Scene(title, WIDTH, bottom + 18, tuple(shapes))


def _columns(scale: Axis, bottom: float) -> list[Shape]:
    shapes: list[Shape] = []
    for tick in scale.ticks:
        x = scale.at(tick)
        shapes.append(Line(((x, _TOP), (x, bottom)), GRID, 0.7))
        shapes.append(Text((x, bottom + 9), scale.label(tick), SMALL, INK))
    return shapes


def _row(step: Step, top: float, scale: Axis) -> list[Shape]:
    middle, left, end = top + _ROW / 2, scale.start, scale.at(step.value)
    upper, lower = top + 4, top + _ROW - 4
    shapes: list[Shape] = [
        Text((left - 6, middle), step.label, SMALL, INK, anchor="end"),
        Box(left, upper, end - left, lower - upper, step.colour, step.colour, 0.0, 0.0, step.note),
    ]
    if step.before is not None and step.before > step.value:
        before = scale.at(step.before)
        corners = ((end, upper), (before, upper), (before, lower), (end, lower))
        shapes.append(Line(corners, GREY, 0.8, dashed=True))
    return [*shapes, Text((scale.end + 8, middle), _in_words(step), SMALL, INK, anchor="start")]


def _in_words(step: Step) -> str:
    said = f"{step.value:.3g}"
    if step.before:
        said += f" ({100 * (step.value / step.before - 1):+.1f} %)".replace("-", "−")
    return said


def _cost(step: Step, top: float, scale: Axis) -> list[Shape]:
    middle = top + _ROW / 2
    if step.cost is None:
        return [Text((scale.start + 4, middle), "–", SMALL, GREY, anchor="start")]
    length = scale.at(step.cost) - scale.start
    return [
        Box(scale.start, top + 4, length, _ROW - 8, step.colour, step.colour, 0.0, 0.0),
        Text((scale.start + length + 4, middle), f"{step.cost:.2g}", SMALL, INK, anchor="start"),
    ]
