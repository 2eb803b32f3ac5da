"""Shapes of a drawing as plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

# Widths of DejaVu Sans in font sizes, rounded up a little, so that boxes never cut a name.
NARROW = dict.fromkeys("iljf.,:;'|!()[]/t· ", 0.37)
WIDE = dict.fromkeys("mwMW→", 0.95)


@dataclass(frozen=True)
class Line:
    """A polyline, in pixels; `arrow` puts a head on its end."""

    points: tuple[Point, ...]
    colour: str
    width: float = 1.0
    dashed: bool = False
    arrow: bool = False
    opacity: float = 1.0


@dataclass(frozen=True)
class Circle:
    """A filled circle with an outline."""

    centre: Point
    radius: float
    fill: str
    stroke: str
    width: float = 1.5


@dataclass(frozen=True)
class Box:
    """A rectangle with rounded corners; x, y is its upper left corner.

    `note` is said where somebody points at it.
    """

    x: float
    y: float
    width: float
    height: float
    fill: str
    stroke: str
    radius: float = 7.0
    stroke_width: float = 1.2
    note: str = ""


@dataclass(frozen=True)
class Text:
    """One line of text; `at` is on its middle line; `halo` keeps lines away from it."""

    at: Point
    text: str
    size: float
    colour: str
    anchor: Anchor = "middle"
    bold: bool = False
    turn: float = 0.0  # degrees, clockwise
    halo: bool = False


Shape = Line | Circle | Box | Text


@dataclass(frozen=True)
class Scene:
    """Shapes from back to front, on a white page of this size in pixels."""

    title: str
    width: float
    height: float
    shapes: tuple[Shape, ...]


def text_width(text: str, size: float) -> float:
    """The estimated width in pixels."""
    return size * sum(NARROW.get(c) or WIDE.get(c) or (0.7 if c.isupper() else 0.63) for c in text)


def move(shape: Shape, dx: float, dy: float) -> Shape:
    """The same shape at another place."""
    if isinstance(shape, Line):
        return replace(shape, points=tuple((x + dx, y + dy) for x, y in shape.points))
    if isinstance(shape, Circle):
        return replace(shape, centre=(shape.centre[0] + dx, shape.centre[1] + dy))
    if isinstance(shape, Box):
        return replace(shape, x=shape.x + dx, y=shape.y + dy)
    return replace(shape, at=(shape.at[0] + dx, shape.at[1] + dy))
