"""Paints the same scene as PNG, with matplotlib (imported only here)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.report.graph.highlight import Highlight
from testbed.report.graph.scene import Box, Circle, Line, Scene, Text
from testbed.report.graph.scene_builder import build_scene
from testbed.report.graph.svg import arrow_head

SCALE = 2.0  # pixels of the PNG per pixel of the scene
LARGEST = 12000  # pixels, either way
POINTS = 0.75  # points per pixel at 96 dpi
ALIGN = {"start": "left", "middle": "center", "end": "right"}


def graph_png(plan: Plan, path: str | Path, highlight: Sequence[Highlight] = ()) -> None:
    """Write the drawing to `path`; TestbedError if the file cannot be written."""
    png_of(build_scene(plan, highlight), Path(path))


def png_of(scene: Scene, path: Path) -> None:
    """Paint any scene; the page is the scene's, at twice its size."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(scene.width / 96, scene.height / 96), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, scene.width)
    axes.set_ylim(scene.height, 0)
    axes.axis("off")
    for order, shape in enumerate(scene.shapes):
        _paint(axes, shape, order)
    scale = min(SCALE, LARGEST / max(scene.width, scene.height))
    try:
        figure.savefig(path, format="png", dpi=96 * scale, metadata={"Title": scene.title})
    except OSError as error:
        raise TestbedError(
            f"cannot write the drawing: {error.strerror or error}",
            where=str(path),
            fix="choose a directory that you may write to",
        ) from error


def _paint(axes: Any, shape: Line | Circle | Box | Text, order: int) -> None:
    from matplotlib import patches

    if isinstance(shape, Line):
        _paint_line(axes, shape, order)
    elif isinstance(shape, Circle):
        ink = _inked(shape, shape.width)
        axes.add_patch(patches.Circle(shape.centre, shape.radius, zorder=order, **ink))
    elif isinstance(shape, Box):
        style = patches.BoxStyle.Round(pad=0, rounding_size=shape.radius)
        corner = (shape.x, shape.y)
        ink = _inked(shape, shape.stroke_width)
        axes.add_patch(
            patches.FancyBboxPatch(
                corner, shape.width, shape.height, boxstyle=style, zorder=order, **ink
            )
        )
    else:
        _paint_text(axes, shape, order)


def _inked(shape: Circle | Box, width: float) -> dict[str, Any]:
    return {"facecolor": shape.fill, "edgecolor": shape.stroke, "linewidth": width * POINTS}


def _paint_line(axes: Any, line: Line, order: int) -> None:
    from matplotlib import patches

    xs, ys = zip(*line.points, strict=True)
    axes.plot(
        xs,
        ys,
        color=line.colour,
        linewidth=line.width * POINTS,
        linestyle=(0, (3, 2)) if line.dashed else "-",
        alpha=line.opacity,
        solid_capstyle="butt",
        zorder=order,
    )
    if line.arrow:
        head = patches.Polygon(arrow_head(line), closed=True, color=line.colour, zorder=order)
        axes.add_patch(head)


def _paint_text(axes: Any, text: Text, order: int) -> None:
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=3 * POINTS, foreground="white")] if text.halo else []
    axes.text(
        *text.at,
        text.text.replace("$", r"\$"),
        fontsize=text.size * POINTS,
        color=text.colour,
        family="DejaVu Sans",
        fontweight="bold" if text.bold else "normal",
        ha=ALIGN[text.anchor],
        va="center_baseline",
        rotation=-text.turn,
        rotation_mode="anchor",
        path_effects=halo,
        zorder=order,
    )
