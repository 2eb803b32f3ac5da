"""Colours of charts: Okabe and Ito's palette, told apart by everybody, and in grey by order."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 330.0  # pixels: a column of a paper, and a phone
TEXT = 9.5  # 7 points in print
SMALL = 8.5
GRID = "#d8dee4"
CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#7b8794", "#3e4c59")
SHADES = ("#0072b2", "#2f8fca", "#5aa9dc", "#86c2ea", "#a9d2ef", "#c6e2f6")  # of one thing

# What a reader sees who prefers dark pages; the other colours stay.
DARK = {
    GRID: "#333b44",
    "#3e4c59": "#e4e7eb",
    "#7b8794": "#9aa5b1",
    "#b0bac5": "#5b6875",
    **dict(
        zip(SHADES, ("#3f9fdd", "#63b1e3", "#86c2ea", "#a9d2ef", "#c6e2f6", "#e3f1fb"), strict=True)
    ),
}


@dataclass(frozen=True)
class Series:
    """What has one colour in a chart: its name in the legend, and the colour."""

    label: str
    colour: str


# Overlay → how it is drawn, in this order: the limits of the machine, in grey, then overlays.
OVERLAYS = {
    "veth": Series("veth pair", "#3e4c59"),
    "same-node": Series("same node", "#7b8794"),
    "none": Series("no overlay", "#b0bac5"),
    "routed": Series("routed", "#cc79a7"),
    "ipip": Series("IP-in-IP", "#009e73"),
    "vxlan": Series("VXLAN", "#e69f00"),
    "srv6": Series("SRv6", "#0072b2"),
}
