"""A small map of the backbone with the ways that the probes of one proof took."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from testbed.plan.model import Plan, Role
from testbed.report.figures.palette import SMALL
from testbed.report.graph.layout import Point
from testbed.report.graph.link_labels import backbone_links, ends_of, shifted
from testbed.report.graph.placement import place
from testbed.report.graph.scene import (
    Box,
    Circle,
    Line,
    Scene,
    Shape,
    Text,
    move,
    text_width,
)
from testbed.report.graph.style import ATTACHMENT, CLUSTER, DOWN, INK, LINK, PAGE, ROUTER

_CLOSEST = 40.0  # pixels between routers
_RADIUS, _MARGIN = 10.0, 14.0
PROVED, WAYPOINT = "#0072b2", "#d55e00"


@dataclass(frozen=True)
class Way:
    """The nodes that probes passed, in their order, and those where a segment ended."""

    nodes: tuple[str, ...]
    waypoints: tuple[str, ...] = ()
    delivered: bool = True


def path_map(title: str, plan: Plan, ways: Sequence[Way], *, proved: bool = True) -> Scene:
    """Routers and the cluster nodes, hosts and injectors that are on a way, or cluster nodes."""
    passed = {node for way in ways for node in way.nodes}
    centres = _centres(plan, passed)
    routers = {r.name: centres[r.name] for r in plan.routers}
    shapes: list[Shape] = []
    for link in plan.links:
        ends = [centres.get(port.node) for port in (link.a, link.b)]
        if {link.a.node, link.b.node} <= routers.keys() or not all(ends):
            continue
        shapes.append(Line((centres[link.a.node], centres[link.b.node]), ATTACHMENT, 1.0))
    shapes += [
        Line(ends_of(x, s / 4, routers), LINK, 1.2) for x, s in backbone_links(plan, routers)
    ]
    shapes += _arrows(ways, centres, PROVED if proved else DOWN)
    for name, at in centres.items():
        ringed = any(name in way.waypoints for way in ways)
        shapes += _node(name, at, name in routers, ringed)
    return _page(title, shapes, centres)


def _centres(plan: Plan, passed: Collection[str]) -> dict[str, Point]:
    """Where the nodes are; as far apart as their names need."""
    routers, attached = place(plan)
    wanted = {
        p.label.node: p.centre
        for p in attached
        if p.label.node in passed or plan.node(p.label.node).role is Role.CLUSTER
    }
    there = {**routers, **wanted}
    gaps = [
        hypot(a[0] - b[0], a[1] - b[1])
        for number, a in enumerate(there.values())
        for b in list(there.values())[:number]
    ]
    scale = _CLOSEST / min([100.0, *(gap for gap in gaps if gap > 1)])
    return {name: (x * scale, y * scale) for name, (x, y) in there.items()}


def _arrows(ways: Sequence[Way], centres: dict[str, Point], colour: str) -> list[Shape]:
    shapes: list[Shape] = []
    for way in ways:
        known = [node for node in way.nodes if node in centres]
        for a, b in pairwise(known):
            (ax, ay), (bx, by) = shifted(centres[a], centres[b], 2.0)
            shapes.append(Line(((ax, ay), (bx, by)), colour, 2.6, dashed=not way.delivered))
            near = (ax + 0.5 * (bx - ax), ay + 0.5 * (by - ay))
            tip = (ax + 0.64 * (bx - ax), ay + 0.64 * (by - ay))
            shapes.append(Line((near, tip), colour, 2.4, arrow=True))
        if known and not way.delivered:
            x, y = centres[known[-1]]
            shapes.append(Text((x, y - _RADIUS - 7), "✗ lost", SMALL, DOWN, bold=True, halo=True))
    return shapes


def _node(name: str, at: Point, is_router: bool, ringed: bool) -> list[Shape]:
    x, y = at
    shapes: list[Shape] = []
    if is_router:
        if ringed:
            shapes.append(Circle(at, _RADIUS + 3, PAGE, WAYPOINT, 2.0))
        shapes.append(Circle(at, _RADIUS, *ROUTER, 1.2))
        size = min(SMALL, SMALL * (2 * _RADIUS - 3) / max(text_width(name, SMALL), 1.0))
        return [*shapes, Text(at, name, size, ROUTER[1])]
    width = text_width(name, SMALL) + 8
    stroke = WAYPOINT if ringed else CLUSTER[1]
    box = Box(x - width / 2, y - 8, width, 16, CLUSTER[0], stroke, 4.0, 2.0 if ringed else 1.0)
    return [box, Text(at, name, SMALL, INK)]


def _page(title: str, shapes: list[Shape], centres: dict[str, Point]) -> Scene:
    halves = {n: max(_RADIUS + 4, text_width(n, SMALL) / 2 + 5) for n in centres}
    left = min((x - halves[n] for n, (x, _) in centres.items()), default=0.0)
    right = max((x + halves[n] for n, (x, _) in centres.items()), default=0.0)
    top = min((y for _, y in centres.values()), default=0.0) - _MARGIN - 8
    bottom = max((y for _, y in centres.values()), default=0.0) + _MARGIN + 4
    there = tuple(move(shape, 4 - left, -top) for shape in shapes)
    return Scene(title, right - left + 8, bottom - top, there)
