"""Builds the scene of a plan: links, highlighted paths, routers, boxes and legend."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.plan.model import Plan, Role
from testbed.report.graph.highlight import Highlight, Hops
from testbed.report.graph.layout import Point
from testbed.report.graph.legend import legend
from testbed.report.graph.link_labels import backbone_links, ends_of, link_labels, shifted
from testbed.report.graph.links_now import AS_PLANNED, LinksNow
from testbed.report.graph.placement import Placed, place
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
from testbed.report.graph.style import (
    ATTACHMENT,
    CLUSTER,
    DETAIL_SIZE,
    DOWN,
    GREY,
    HOST,
    HOST_SIZE,
    INJECTOR,
    INK,
    LANE,
    LINK,
    MARGIN,
    NAME_SIZE,
    ROUTER,
    ROUTER_RADIUS,
    TE_PATHS,
    TITLE_SIZE,
)

FILLS = {Role.CLUSTER: CLUSTER, Role.INJECTOR: INJECTOR, Role.HOST: HOST}


def build_scene(
    plan: Plan, highlight: Sequence[Highlight] = (), now: LinksNow = AS_PLANNED
) -> Scene:
    """The scene of a plan, with its links as they are now; the same gives the same."""
    routers, attached = place(plan)
    centres = routers | {p.label.node: p.centre for p in attached}
    shapes: list[Shape] = []
    shapes += _attachment_lines(plan, routers, attached, now)
    shapes += _backbone_lines(plan, routers, now)
    shapes += _draw_paths(highlight, centres)
    shapes += link_labels(plan, routers, now, len(_lanes(highlight)))
    shapes += _router_shapes(plan, routers, highlight)
    shapes += [shape for p in attached for shape in _box_shapes(p)]
    return _build_page(plan, shapes, highlight, now)


def _attachment_lines(
    plan: Plan, routers: dict[str, Point], attached: list[Placed], now: LinksNow
) -> list[Shape]:
    hanging = [(p, routers[p.router]) for p in attached if p.router in routers]
    return [
        _draw_line((at, p.centre), ATTACHMENT, 1.1, plan.links_of(p.label.node)[0] in now.down)
        for p, at in hanging
    ]


def _backbone_lines(plan: Plan, routers: dict[str, Point], now: LinksNow) -> list[Shape]:
    return [
        _draw_line(ends_of(link, shift, routers), LINK, 2.0, link in now.down)
        for link, shift in backbone_links(plan, routers)
    ]


def _draw_line(ends: tuple[Point, Point], colour: str, width: float, down: bool) -> Line:
    return Line(ends, DOWN, 2.0, dashed=True) if down else Line(ends, colour, width)


def _draw_paths(highlight: Sequence[Highlight], centres: dict[str, Point]) -> list[Shape]:
    """Coloured arrows beside each other, each path on the same side of a link both ways."""
    shapes: list[Shape] = []
    lanes = _lanes(highlight)
    for lane, (hops, colour, dashed) in enumerate(lanes):
        for hop in hops:
            if hop[0] not in centres or hop[1] not in centres:
                continue
            shift = LANE * (lane - (len(lanes) - 1) / 2)  # one alone lies on its link
            shift = shift if hop[0] < hop[1] else -shift
            a, b = shifted(centres[hop[0]], centres[hop[1]], shift)
            shapes.append(Line((a, b), colour, 1.8 if dashed else 3.2, dashed=dashed))
            shapes.append(Line(_arrow_stub(a, b), colour, 3.0, arrow=True))
    return shapes


def _lanes(highlight: Sequence[Highlight]) -> list[tuple[Hops, str, bool]]:
    """Hops that are drawn beside each other, their colour, and whether they are dashed."""
    return [
        (hops, TE_PATHS[index % len(TE_PATHS)], dashed)
        for index, path in enumerate(highlight)
        for hops, dashed in ((path.hops, False), (path.backup, True))
        if hops
    ]


def _arrow_stub(a: Point, b: Point) -> tuple[Point, Point]:
    """A short piece past the middle of the hop, to carry the arrow head."""
    x, y = b[0] - a[0], b[1] - a[1]
    return (a[0] + 0.60 * x, a[1] + 0.60 * y), (a[0] + 0.66 * x, a[1] + 0.66 * y)


def _router_shapes(
    plan: Plan, routers: dict[str, Point], highlight: Sequence[Highlight]
) -> list[Shape]:
    shapes: list[Shape] = []
    for router in plan.routers:
        x, y = routers[router.name]
        rings = [i for i, path in enumerate(highlight) if router.name in path.waypoints]
        for ring, index in enumerate(rings):
            colour = TE_PATHS[index % len(TE_PATHS)]
            shapes.append(Circle((x, y), ROUTER_RADIUS + 5 + 4 * ring, "none", colour, 3.0))
        shapes.append(Circle((x, y), ROUTER_RADIUS, *ROUTER, 1.8))
        loopback = str(router.loopback_v6 or "")
        shapes.append(Text((x, y - 5), router.name, NAME_SIZE, ROUTER[1], bold=True))
        size = min(8.0, (2 * ROUTER_RADIUS - 6) / (max(len(loopback), 1) * 0.55))
        shapes.append(Text((x, y + 9), loopback, size, GREY))
    return shapes


def _box_shapes(placed: Placed) -> list[Shape]:
    label, (x, y) = placed.label, placed.centre
    fill, stroke = FILLS[label.role]
    left, top = x - label.width / 2, y - label.height / 2
    small = label.role is Role.HOST
    radius = 4.0 if small else 8.0
    box = Box(left, top, label.width, label.height, fill, stroke, radius)
    if small:
        return [box, Text((x, y), label.name, HOST_SIZE, GREY)]
    shapes: list[Shape] = [box, Text((x, top + 15), label.name, NAME_SIZE, INK, bold=True)]
    for index, line in enumerate(label.details):
        shapes.append(Text((x, top + 32 + 13 * index), line, DETAIL_SIZE, INK))
    return shapes


def _build_page(
    plan: Plan, shapes: list[Shape], highlight: Sequence[Highlight], now: LinksNow
) -> Scene:
    """Add title and legend, and move everything to positive coordinates."""
    left, top, right, bottom = _compute_extent(shapes)
    title = f"{plan.topology}: {_format_counts(plan)}"
    keys, key_width, key_height = legend(plan, highlight, now, max(right - left, 420.0))
    width = max(right - left, key_width, text_width(title, TITLE_SIZE) * 1.1) + 2 * MARGIN
    spare = (width - 2 * MARGIN - (right - left)) / 2
    dx, dy = MARGIN - left + spare, MARGIN + 34 - top
    moved = [move(s, dx, dy) for s in shapes]
    below = bottom + dy + 28
    moved += [move(s, MARGIN, below) for s in keys]
    moved.append(Text((MARGIN, MARGIN), title, TITLE_SIZE, INK, anchor="start", bold=True))
    return Scene(title, width, below + key_height + MARGIN, tuple(moved))


def _format_counts(plan: Plan) -> str:
    parts = [
        f"{len(plan.of(role))} {word}{'s' if len(plan.of(role)) != 1 else ''}"
        for role, word in (
            (Role.ROUTER, "router"),
            (Role.CLUSTER, "cluster node"),
            (Role.INJECTOR, "injector"),
            (Role.HOST, "host"),
        )
        if plan.of(role)
    ]
    return ", ".join(parts)


def _compute_extent(shapes: Sequence[Shape]) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the boxes and circles."""
    corners = [(0.0, 0.0, 0.0, 0.0)] if not shapes else []
    for s in shapes:
        if isinstance(s, Circle):
            (x, y), r = s.centre, s.radius
            corners.append((x - r, y - r, x + r, y + r))
        elif isinstance(s, Box):
            corners.append((s.x, s.y, s.x + s.width, s.y + s.height))
    lefts, tops, rights, bottoms = zip(*corners, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
