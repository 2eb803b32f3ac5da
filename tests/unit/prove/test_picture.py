"""The picture of a proof: the plan, with the way that probes took and the waypoints in colour."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from testbed.errors import TestbedError
from testbed.prove import picture
from testbed.report.graph.style import TE_PATHS
from tests.unit.prove.test_path import PLAN, best_effort, steered, traced

SVG = "{http://www.w3.org/2000/svg}"


def coloured(text: str) -> list[str]:
    """The shapes that have the path's colour."""
    document = ElementTree.fromstring(text)
    return [
        shape.tag.removeprefix(SVG)
        for shape in document.iter()
        if TE_PATHS[0] in (shape.get("stroke"), shape.get("fill"))
    ]


def test_a_steered_path_has_rings_at_its_waypoints() -> None:
    text = picture.picture(PLAN, [traced(steered()), traced(steered())])
    assert "TE path pod-a → pod-b by r6, r8; ringed: its segment endpoints" in text
    assert coloured(text).count("circle") == 2


def test_best_effort_ends_no_segment_on_its_way() -> None:
    text = picture.picture(PLAN, [traced(best_effort())])
    assert "TE path pod-a → pod-b" in text
    assert "polyline" in coloured(text) and "circle" not in coloured(text)


def test_without_probes_it_is_the_plan() -> None:
    assert coloured(picture.picture(PLAN, [])) == []


def test_a_picture_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="cannot write"):
        picture.write(tmp_path / "none" / "x.svg", PLAN, [])
