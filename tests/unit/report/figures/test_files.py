"""Figures as files: PDF and SVG that hold their fonts, whatever their texts are."""

from __future__ import annotations

import base64
import re
import subprocess
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from testbed.errors import MachineUnfit
from testbed.interpreter import own_code
from testbed.report.figures.fonts import font_style
from testbed.report.figures.pdf import pdf_of
from testbed.report.graph import png
from testbed.report.graph.scene import Box, Circle, Line, Scene, Text
from testbed.report.graph.scene_builder import build_scene
from testbed.report.graph.svg import svg_of
from tests.paper_plan import paper_plan

HOSTILE = "</text><script>\x1b[31m\x00\ud800 & ü"


def scene(*texts: Text) -> Scene:
    """All kinds of shapes."""
    return Scene(
        HOSTILE,
        100,
        50,
        (
            Line(((0, 0), (50, 20)), "#0072b2", dashed=True, arrow=True, opacity=0.5),
            Circle((20, 20), 5, "none", "#d55e00"),
            Box(5, 5, 20, 10, "#ffffff", "#000000", note=HOSTILE),
            *texts,
        ),
    )


def test_every_font_of_a_pdf_is_embedded() -> None:
    made = pdf_of(build_scene(paper_plan()))
    fonts = re.findall(rb"/BaseFont /([\w+-]+)", made)
    assert len(set(fonts)) == 2  # regular and bold
    assert all(b"+DejaVuSans" in name for name in fonts)
    assert made.count(b"/FontFile2") == 2
    assert b"/MediaBox" in made


def test_a_pdf_has_its_shapes_and_is_always_the_same() -> None:
    halo = Text((50, 25), "pod→Service", 9, "#1f2933", turn=30, halo=True)
    made = pdf_of(scene(halo))
    assert made == pdf_of(scene(halo))
    assert made != pdf_of(scene())


def test_hostile_texts_make_no_broken_file() -> None:
    hostile = scene(Text((1, 1), HOSTILE, 9, "#000000", bold=True))
    assert pdf_of(hostile).startswith(b"%PDF")
    text = svg_of(hostile, font_style([hostile]))
    root = ElementTree.fromstring(text)
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
    assert "\x1b" not in text


def test_the_font_has_the_characters_in_use() -> None:
    style = font_style([scene(Text((1, 1), "ab→", 9, "#000000"))])
    assert style.count("@font-face") == 1
    woff = base64.b64decode(style.partition("base64,")[2].partition('"')[0])
    assert woff.startswith(b"wOFF")
    assert len(woff) < 5000
    assert "font-weight:bold" in font_style([scene(Text((1, 1), "a", 9, "#000000", bold=True))])
    assert font_style([scene()]) == ""
    assert zlib.crc32(woff) == zlib.crc32(
        base64.b64decode(
            font_style([scene(Text((1, 1), "→ba", 9, "#000000"))])
            .partition("base64,")[2]
            .partition('"')[0]
        )
    )


def test_without_the_font_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(png, "FONTS", tmp_path)
    with pytest.raises(MachineUnfit, match="font") as caught:
        font_style([scene(Text((1, 1), "a", 9, "#000000"))])
    assert caught.value.fix == "make deps"


def test_only_a_report_imports_what_writes_pdf_and_fonts() -> None:
    code = (
        "import sys, testbed.cli.main, testbed.report.figures.pdf, testbed.report.figures.fonts; "
        "print({'reportlab', 'PIL', 'fontTools', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run(own_code(code), capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
