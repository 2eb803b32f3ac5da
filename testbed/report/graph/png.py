"""Renders the SVG drawing as PNG with resvg, which only this module imports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.errors import MachineUnfit, TestbedError
from testbed.host.for_caller import write_for_caller
from testbed.plan.model import Plan
from testbed.report.graph.highlight import Highlight
from testbed.report.graph.links_now import AS_PLANNED, LinksNow
from testbed.report.graph.scene import Scene
from testbed.report.graph.scene_builder import build_scene
from testbed.report.graph.svg import svg_of

SCALE = 2.0  # pixels of the PNG per pixel of the scene
LARGEST = 12000  # pixels, either way
# Named, not searched for: without a font resvg leaves texts out, and says nothing.
FONTS = Path("/usr/share/fonts/truetype/dejavu")
FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


def graph_png(
    plan: Plan,
    path: str | Path,
    highlight: Sequence[Highlight] = (),
    now: LinksNow = AS_PLANNED,
) -> None:
    """Write the drawing to `path`; TestbedError if the file cannot be written."""
    png_of(build_scene(plan, highlight, now), Path(path))


def png_of(scene: Scene, path: Path) -> None:
    """Render any scene; the page is the scene's, at twice its size."""
    import resvg_py

    picture = resvg_py.svg_to_bytes(
        svg_string=svg_of(scene),
        zoom=min(SCALE, LARGEST / max(scene.width, scene.height)),
        skip_system_fonts=True,
        font_files=[find_font(face) for face in FACES],
    )
    try:
        write_for_caller(path, picture)
    except OSError as error:
        raise TestbedError(
            f"cannot write the drawing: {error.strerror or error}",
            where=str(path),
            fix="choose a directory that you may write to",
        ) from error


def find_font(face: str) -> str:
    """The file of a face of the drawings' font. Raises MachineUnfit."""
    file = FONTS / face
    if not file.is_file():
        raise MachineUnfit("the font of drawings is missing", where=str(file), fix="make deps")
    return str(file)
