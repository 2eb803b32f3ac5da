"""Colours of charts: Okabe and Ito's palette, told apart by everybody, and in grey by order."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.report.graph.style import GREY, INK, LINK

WIDTH = 330.0  # pixels: a column of a paper, and a phone
TEXT = 9.5  # 7 points in print
SMALL = 8.5
GRID = "#d8dee4"
CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", GREY)

# What a reader sees who prefers dark pages; the other colours stay.
DARK = {GRID: "#333b44", "#0072b2": "#3f9fdd"}


@dataclass(frozen=True)
class Series:
    """What has one colour in a chart: its name in the legend, and the colour."""

    label: str
    colour: str


# Overlay → how it is drawn; in this order, from the limit of the machine to the overlays.
OVERLAYS = {
    "veth": Series("veth pair", LINK),
    "same-node": Series("same node", "#56b4e9"),
    "none": Series("no overlay", "#9aa5b1"),
    "routed": Series("routed", "#cc79a7"),
    "ipip": Series("IP-in-IP", "#009e73"),
    "vxlan": Series("VXLAN", "#e69f00"),
    "srv6": Series("SRv6", "#0072b2"),
}
UNKNOWN = Series("?", INK)
