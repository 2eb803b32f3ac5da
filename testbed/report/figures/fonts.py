"""The font of figures, cut down to the characters that they use, to be embedded."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from pathlib import Path

from testbed.report.graph.png import FACES, find_font
from testbed.report.graph.scene import Scene, Text
from testbed.report.graph.svg import printable

_FAMILY = "DejaVu Sans"  # the first that testbed.report.graph.svg asks for


def font_style(scenes: Iterable[Scene]) -> str:
    """CSS that brings the glyphs of these drawings. Raises MachineUnfit without the font."""
    texts: tuple[set[str], set[str]] = (set(), set())
    for scene in scenes:
        for shape in scene.shapes:
            if isinstance(shape, Text):
                texts[shape.bold].update(printable(shape.text))
    weights = ("normal", "bold")
    return "".join(
        f'@font-face{{font-family:"{_FAMILY}";font-weight:{weight};'
        f'src:url("data:font/woff;base64,{_encode(find_font(face), used)}") format("woff")}}'
        for used, face, weight in zip(texts, FACES, weights, strict=True)
        if used
    )


def _encode(file: str, characters: set[str]) -> str:
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(
        flavor="woff", hinting=False, layout_features=["kern"], notdef_outline=True
    )
    options.drop_tables.append("FFTM")  # of the font's editor
    font = TTFont(Path(file), lazy=True, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(characters)))
    cutter.subset(font)
    made = io.BytesIO()
    subset.save_font(font, made, options)
    return base64.b64encode(made.getvalue()).decode()
