"""Paints a scene as SVG with plain shapes and searchable text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import atan2, cos, sin
from xml.sax.saxutils import escape, quoteattr

from testbed.plan.model import Plan
from testbed.report.graph.highlight import Highlight
from testbed.report.graph.links_now import AS_PLANNED, LinksNow
from testbed.report.graph.scene import Box, Circle, Line, Point, Scene, Shape, Text
from testbed.report.graph.scene_builder import build_scene
from testbed.report.graph.style import DARK, PAGE

FONTS = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"


def graph_svg(plan: Plan, highlight: Sequence[Highlight] = (), now: LinksNow = AS_PLANNED) -> str:
    """The plan as an SVG document, with the given paths in colour, for light and dark pages."""
    style = f"@media (prefers-color-scheme: dark){{{dark_rules(DARK)}}}"
    return svg_of(build_scene(plan, highlight, now), style)


def svg_of(scene: Scene, style: str = "") -> str:
    """The document for any scene; the same scene gives the same text."""
    w, h = _as_text(scene.width), _as_text(scene.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" '
        f'viewBox="0 0 {w} {h}" font-family={quoteattr(FONTS)}>'
    )
    body = [f"<title>{_escape(scene.title)}</title>"]
    body += [f"<style>{style}</style>"] if style else []
    body.append(f'<rect width="100%" height="100%" fill="{PAGE}"/>')
    body += [_paint_shape(shape) for shape in scene.shapes]
    return "\n".join([head, *body, "</svg>", ""])


def printable(text: str) -> str:
    """What a document can hold; names come from users and peers."""
    return "".join(c if c.isprintable() else "?" for c in text)


def dark_rules(colours: Mapping[str, str]) -> str:
    """CSS that replaces each colour where it is written, for readers who prefer dark pages."""
    return "".join(
        f'[{kind}="{light}"]{{{kind}:{dark}}}'
        for light, dark in colours.items()
        for kind in ("fill", "stroke")
    )


def arrow_head(line: Line, size: float = 4.0) -> tuple[Point, Point, Point]:
    """The triangle at the end of a line; `size` in line widths."""
    (ax, ay), (bx, by) = line.points[-2:]
    angle = atan2(by - ay, bx - ax)
    length, half = size * line.width, size * line.width * 0.42
    back = bx - length * cos(angle), by - length * sin(angle)
    side = -sin(angle) * half, cos(angle) * half
    return (bx, by), (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1])


def _paint_shape(shape: Shape) -> str:
    if isinstance(shape, Line):
        return _paint_line(shape)
    if isinstance(shape, Circle):
        x, y = shape.centre
        return (
            f'<circle cx="{_as_text(x)}" cy="{_as_text(y)}" r="{_as_text(shape.radius)}" '
            f'fill="{shape.fill}" stroke="{shape.stroke}" stroke-width="{_as_text(shape.width)}"/>'
        )
    if isinstance(shape, Box):
        drawn = (
            f'<rect x="{_as_text(shape.x)}" y="{_as_text(shape.y)}" '
            f'width="{_as_text(shape.width)}" height="{_as_text(shape.height)}" '
            f'rx="{_as_text(shape.radius)}" fill="{shape.fill}" '
            f'stroke="{shape.stroke}" stroke-width="{_as_text(shape.stroke_width)}"'
        )
        note = f"><title>{_escape(shape.note)}</title></rect>" if shape.note else "/>"
        return drawn + note
    return _paint_text(shape)


def _paint_line(line: Line) -> str:
    points = " ".join(f"{_as_text(x)},{_as_text(y)}" for x, y in line.points)
    more = ' stroke-dasharray="5 4"' if line.dashed else ""
    more += f' stroke-opacity="{_as_text(line.opacity)}"' if line.opacity < 1 else ""
    drawn = (
        f'<polyline points="{points}" fill="none" stroke="{line.colour}" '
        f'stroke-width="{_as_text(line.width)}"{more}/>'
    )
    if line.arrow:
        corners = " ".join(f"{_as_text(x)},{_as_text(y)}" for x, y in arrow_head(line))
        drawn += f'<polygon points="{corners}" fill="{line.colour}"/>'
    return drawn


def _paint_text(text: Text) -> str:
    x, y = _as_text(text.at[0]), _as_text(text.at[1])
    more = ' font-weight="bold"' if text.bold else ""
    more += f' transform="rotate({_as_text(text.turn)} {x} {y})"' if text.turn else ""
    if text.halo:
        more += f' stroke="{PAGE}" stroke-width="3" paint-order="stroke"'
    # dy instead of dominant-baseline, which several programs ignore.
    return (
        f'<text x="{x}" y="{y}" dy="0.35em" font-size="{_as_text(text.size)}" fill="{text.colour}" '
        f'text-anchor="{text.anchor}"{more}>{_escape(text.text)}</text>'
    )


def _escape(text: str) -> str:
    return escape(printable(text))


def _as_text(value: float) -> str:
    """The number with at most one decimal."""
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 1e5 else str(round(value))
