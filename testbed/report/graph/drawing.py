"""Writes the drawing of a plan in a chosen format: terminal text, dot, SVG or PNG."""

from __future__ import annotations

from testbed.report.graph.dot import graph_dot
from testbed.report.graph.highlight import Highlight
from testbed.report.graph.links_now import LinksNow
from testbed.report.graph.png import graph_png
from testbed.report.graph.svg import graph_svg
from testbed.report.graph.text import graph_text

__all__ = [
    "Highlight",
    "LinksNow",
    "graph_dot",
    "graph_png",
    "graph_svg",
    "graph_text",
]
