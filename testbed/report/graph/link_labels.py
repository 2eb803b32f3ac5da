"""Draws backbone links, parallel ones side by side, and what is written beside any link."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, hypot

from testbed.plan.model import Link, Plan
from testbed.report.graph.layout import Point
from testbed.report.graph.scene import Shape, Text, text_width
from testbed.report.graph.style import DOWN, GREY, LABEL_SIZE, ROUTER_RADIUS

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


def link_state(link: Link, down: Sequence[Link]) -> list[str]:
    """In words: whether the link is down, and how it is shaped; nothing of a usual one."""
    shaping = link.shaping
    parts = ["down"] if link in down else []
    parts += [f"{shaping.bandwidth:g} Mbit/s"] if shaping.bandwidth is not None else []
    parts += [shaping.delay] if shaping.delay is not None else []
    return parts + ([f"{shaping.loss:g} % loss"] if shaping.loss is not None else [])


def link_labels(plan: Plan, routers: dict[str, Point], down: Sequence[Link] = ()) -> list[Shape]:
    """Prefix above and specials below a single link; parallel links share their outer sides."""
    links = backbone_links(plan, routers)
    metrics = {link.metric for link, _ in links}
    shapes: list[Shape] = []
    for link, shift in links:
        a, b = ends_of(link, shift, routers)
        prefix = str(link.a.v6.network) if link.a.v6 and len(links) <= CROWDED else ""
        extra = _format_label(link, len(metrics) > 1, down)
        colour = DOWN if link in down else GREY
        if shift:
            both = " · ".join(x for x in (prefix.split("/")[0], extra) if x)
            side = BESIDE if shift > 0 else -BESIDE
            shapes += _place_longest(a, b, (both, *_shortened(extra)), side, colour)
        else:
            # On a shared line the text is read from left to right: turn the sides with it.
            side = BESIDE if (b[0], b[1]) < (a[0], a[1]) else -BESIDE
            shapes += _place_along(a, b, prefix, side)
            shapes += _place_longest(a, b, _shortened(extra), -side, colour)
    return shapes


def _format_label(link: Link, with_metric: bool, down: Sequence[Link]) -> str:
    """That it is down, the metric, if metrics differ, and the impairments, if there are any."""
    state = link_state(link, down)
    metric = [f"metric {link.metric}"] if with_metric else []
    at = 1 if link in down else 0  # what is left where little fits comes first
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
