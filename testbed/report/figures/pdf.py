"""A drawing as PDF with its fonts embedded, by reportlab, which only this module imports."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

from testbed.report.graph.png import FACES, find_font
from testbed.report.graph.scene import Box, Circle, Line, Scene, Text
from testbed.report.graph.style import PAGE
from testbed.report.graph.svg import arrow_head, printable

_POINT = 0.75  # points per pixel
_ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}


def pdf_of(scene: Scene) -> bytes:
    """One page of the drawing's size; the same drawing gives the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    _register_fonts()
    made = io.BytesIO()
    page = Canvas(
        made,
        pagesize=(scene.width * _POINT, scene.height * _POINT),
        invariant=1,
        initialFontName=FACES[0],  # else Helvetica is named in it, and not embedded
    )
    page.setTitle(printable(scene.title))
    page.scale(_POINT, _POINT)
    painter = _Painter(page, scene.height)
    for shape in scene.shapes:
        painter.paint(shape)
    page.save()
    return made.getvalue()


@lru_cache(maxsize=1)
def _register_fonts() -> None:
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    for face in FACES:
        registerFont(TTFont(face, find_font(face)))


class _Painter:
    """Paints shapes on a page whose y points upwards."""

    def __init__(self, page: Any, height: float) -> None:  # Any: reportlab has no types
        self._page, self._height = page, height

    def paint(self, shape: Line | Circle | Box | Text) -> None:
        self._page.saveState()
        if isinstance(shape, Line):
            self._line(shape)
        elif isinstance(shape, Circle):
            fill = self._fill(shape.fill)
            stroke = self._stroke(shape.stroke, shape.width)
            x, y = shape.centre
            self._page.circle(x, self._height - y, shape.radius, stroke=stroke, fill=fill)
        elif isinstance(shape, Box):
            fill = self._fill(shape.fill)
            stroke = self._stroke(shape.stroke, shape.stroke_width)
            lower = self._height - shape.y - shape.height
            rounding = min(shape.radius, shape.width / 2, shape.height / 2)
            area = (shape.x, lower, shape.width, shape.height)
            self._page.roundRect(*area, rounding, stroke=stroke, fill=fill)
        else:
            self._text(shape)
        self._page.restoreState()

    def _line(self, line: Line) -> None:
        self._stroke(line.colour, line.width)
        self._page.setStrokeAlpha(line.opacity)
        if line.dashed:
            self._page.setDash(5, 4)
        self._outline(line.points, fill=0, stroke=1)
        if line.arrow:
            self._fill(line.colour)
            self._outline(arrow_head(line), fill=1, stroke=0)

    def _outline(self, points: tuple[tuple[float, float], ...], fill: int, stroke: int) -> None:
        path = self._page.beginPath()
        path.moveTo(points[0][0], self._height - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, self._height - y)
        if fill:
            path.close()
        self._page.drawPath(path, stroke=stroke, fill=fill)

    def _text(self, text: Text) -> None:
        from reportlab.pdfbase.pdfmetrics import stringWidth

        said, face = printable(text.text), FACES[text.bold]
        self._page.translate(text.at[0], self._height - text.at[1])
        self._page.rotate(-text.turn)
        left = -stringWidth(said, face, text.size) * _ANCHORS[text.anchor]
        for mode in (1, 0) if text.halo else (0,):  # its outline first, as a halo
            self._fill(text.colour)
            self._stroke(PAGE, 3.0)
            words = self._page.beginText(left, -0.35 * text.size)
            words.setFont(face, text.size)
            words.setTextRenderMode(mode)
            words.textOut(said)
            self._page.drawText(words)

    def _fill(self, colour: str) -> int:
        if colour == "none":
            return 0
        self._page.setFillColor(_colour(colour))
        return 1

    def _stroke(self, colour: str, width: float) -> int:
        if colour == "none" or not width:
            return 0
        self._page.setStrokeColor(_colour(colour))
        self._page.setLineWidth(width)
        return 1


def _colour(colour: str) -> object:
    from reportlab.lib.colors import HexColor

    return HexColor(colour)
