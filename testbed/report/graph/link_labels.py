"""Draws backbone links, parallel ones side by side, and what is written beside any link."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, hypot

from testbed.plan.model import Link, Plan
from testbed.report.graph.layout import Point
from testbed.report.graph.links_now import AS_PLANNED, LinksNow
from testbed.report.graph.scene import Shape, Text, text_width
from testbed.report.graph.style import DOWN, GREY, LABEL_SIZE, LANE, ROUTER_RADIUS

CROWDED = 40  # links; beyond, prefixes would hide the picture
BESIDE = 9.5  # pixels from the line to the middle of its text
SMALLEST = 5.5  # text size; what would be smaller is left out


def backbone_links(plan: Plan, routers: dict[str, Point]) -> list[tuple[Link, float]]:
    """Backbone links, each with its sideways shift in pixels among parallel ones."""
    groups: dict[frozenset[str], list[Link]] = {}
    for link in plan.links:
        if link.a.node in routers and link.b.node in routers:
            groups.setdefault(frozenset((link.a.node, link.b.node)), []).append(link)
    return [
        (link, 16.0 * (index - (len(group) - 1) / 2))
        for group in groups.values()
        for index, link in enumerate(group)
    ]


def ends_of(link: Link, shift: float, routers: dict[str, Point]) -> tuple[Point, Point]:
    a, b = sorted((link.a.node, link.b.node))
    return shifted(routers[a], routers[b], shift)


def shifted(a: Point, b: Point, shift: float) -> tuple[Point, Point]:
    length = hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    nx, ny = -(b[1] - a[1]) / length * shift, (b[0] - a[0]) / length * shift
    return (a[0] + nx, a[1] + ny), (b[0] + nx, b[1] + ny)


def link_labels(
    plan: Plan, routers: dict[str, Point], now: LinksNow = AS_PLANNED, lanes: int = 0
) -> list[Shape]:
    """Prefix above and specials below a single link; parallel links share their outer sides.

    `lanes`: paths that are drawn beside each other; labels keep away from them.
    """
    links = backbone_links(plan, routers)
    beside = max(BESIDE, LANE * (lanes - 1) / 2 + LABEL_SIZE)
    metrics = {link.metric for link, _ in links}
    shapes: list[Shape] = []
    for link, shift in links:
        a, b = ends_of(link, shift, routers)
        prefix = str(link.a.v6.network) if link.a.v6 and len(links) <= CROWDED else ""
        extra = _format_label(link, len(metrics) > 1, now)
        colour = DOWN if link in now.down else GREY
        if shift:
            both = " · ".join(x for x in (prefix.split("/")[0], extra) if x)
            side = beside if shift > 0 else -beside
            shapes += _place_longest(a, b, (both, *_shortened(extra)), side, colour)
        else:
            # On a shared line the text is read from left to right: turn the sides with it.
            side = beside if (b[0], b[1]) < (a[0], a[1]) else -beside
            shapes += _place_along(a, b, prefix, side)
            shapes += _place_longest(a, b, _shortened(extra), -side, colour)
    return shapes


def _format_label(link: Link, with_metric: bool, now: LinksNow) -> str:
    """That it is down, the metric, if metrics differ, and the impairments, if there are any."""
    state = now.words(link)
    metric = [f"metric {link.metric}"] if with_metric else []
    at = 1 if link in now.down else 0  # what is left where little fits comes first
    return " · ".join([*state[:at], *metric, *state[at:]])


def _shortened(text: str) -> tuple[str, str]:
    return text, text.split(" · ")[0]


def _place_longest(
    a: Point, b: Point, texts: Sequence[str], offset: float, colour: str
) -> list[Shape]:
    """The first of the texts that fits."""
    tries = (_place_along(a, b, text, offset, colour) for text in texts)
    return next((drawn for drawn in tries if drawn), [])


def _place_along(a: Point, b: Point, text: str, offset: float, colour: str = GREY) -> list[Shape]:
    """Text beside the middle of a line, turned with it, never upside down, shrunk to fit."""
    room = hypot(b[0] - a[0], b[1] - a[1]) - 2 * ROUTER_RADIUS - 4
    size = min(LABEL_SIZE, room / max(text_width(text, 1.0), 1.0))
    if not text or size < SMALLEST:
        return []
    a, b = shifted(a, b, offset)
    if (b[0], b[1]) < (a[0], a[1]):
        a, b = b, a
    turn = degrees(atan2(b[1] - a[1], b[0] - a[0]))
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    return [Text(middle, text, size, colour, turn=turn, halo=True)]
