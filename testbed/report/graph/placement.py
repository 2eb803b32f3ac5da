"""Places hosts, injectors and cluster nodes around their routers without overlaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import atan2, cos, hypot, pi, sin

from testbed.plan.model import Plan, Role
from testbed.report.graph.boxes import Label, label_of
from testbed.report.graph.layout import backbone_pairs, is_paper_backbone, router_positions
from testbed.report.graph.link_labels import BESIDE
from testbed.report.graph.scene import Point
from testbed.report.graph.style import ROUTER_RADIUS, UNIT

DIRECTIONS = 24
FURTHEST = 900.0  # pixels from the router

# Centres in the paper's figure, in units of the router layout.
PAPER_ATTACHED: dict[str, Point] = {
    "h11": (-0.62, 0.78), "h12": (-0.62, 1.0), "h13": (-0.62, 1.22),
    "hdc1": (1.05, 0.5),
    "gobgp": (0.7, -0.85), "master": (2.1, -0.85), "worker1": (3.4, -0.85),
    "h31": (1.3, -0.2), "h32": (1.3, 0.0), "h33": (1.3, 0.2),
    "h51": (5.5, -0.33), "h52": (5.5, -0.11), "h53": (5.5, 0.11), "hdc3": (5.5, 0.33),
    "h81": (5.5, 1.5), "h82": (5.5, 1.72), "h83": (5.5, 1.94), "hdc2": (5.5, 2.16),
    "worker2": (4.9, 2.62),
}  # fmt: skip


@dataclass(frozen=True)
class Placed:
    """A label with its centre in pixels, and the router that it is attached to."""

    label: Label
    centre: Point
    router: str | None


@dataclass
class _Taken:
    """The areas of the page that are already taken."""

    boxes: list[tuple[Point, float, float]] = field(default_factory=list)  # centre, w, h
    lines: list[tuple[Point, Point]] = field(default_factory=list)


def place(plan: Plan) -> tuple[dict[str, Point], list[Placed]]:
    """Centres of the routers, and of everything attached to them, in pixels."""
    routers = {n: (x * UNIT, y * UNIT) for n, (x, y) in router_positions(plan).items()}
    labels = [label_of(plan, n) for n in plan.nodes if n.role is not Role.ROUTER]
    if is_paper_backbone(plan) and all(x.node in PAPER_ATTACHED for x in labels):
        fixed = {x.node: PAPER_ATTACHED[x.node] for x in labels}
        return routers, [
            Placed(
                x, (fixed[x.node][0] * UNIT, fixed[x.node][1] * UNIT), _find_router(plan, x.node)
            )
            for x in labels
        ]
    return routers, _search_all(plan, routers, labels)


def _find_router(plan: Plan, node: str) -> str | None:
    links = plan.links_of(node)
    return links[0].peer(node).node if links else None


def _search_all(plan: Plan, routers: dict[str, Point], labels: list[Label]) -> list[Placed]:
    taken = _Taken()
    size = 2 * ROUTER_RADIUS + 8
    taken.boxes += [(centre, size, size) for centre in routers.values()]
    taken.lines += [(routers[a], routers[b]) for a, b in map(sorted, backbone_pairs(plan))]
    placed = []
    # The big boxes first: small ones find a gap later.
    for label in sorted(labels, key=lambda x: -x.width * x.height):
        router = _find_router(plan, label.node)
        anchor = routers.get(router or "", (0.0, 0.0))
        centre = _free_spot(anchor, _find_outward_angle(anchor, routers, taken), label, taken)
        taken.boxes.append((centre, label.width + 8, label.height + 8))
        taken.lines.append((anchor, centre))
        placed.append(Placed(label, centre, router))
    order = {n.name: i for i, n in enumerate(plan.nodes)}
    return sorted(placed, key=lambda x: order[x.label.node])


def _find_outward_angle(anchor: Point, routers: dict[str, Point], taken: _Taken) -> float:
    """The direction away from the router's links, and a little from the page's middle."""
    x = y = 0.0
    for a, b in taken.lines:
        if anchor in (a, b):
            other = b if a == anchor else a
            gap = hypot(other[0] - anchor[0], other[1] - anchor[1]) or 1.0
            x, y = x - (other[0] - anchor[0]) / gap, y - (other[1] - anchor[1]) / gap
    middle_x = sum(p[0] for p in routers.values()) / len(routers) if routers else 0.0
    middle_y = sum(p[1] for p in routers.values()) / len(routers) if routers else 0.0
    x, y = x + (anchor[0] - middle_x) / 500, y + (anchor[1] - middle_y) / 500
    return atan2(y, x) if hypot(x, y) > 1e-6 else -pi / 2


def _free_spot(anchor: Point, outward: float, label: Label, taken: _Taken) -> Point:
    """The nearest free place, preferring the outward direction."""
    wish = round(outward / (2 * pi) * DIRECTIONS) % DIRECTIONS

    def detour(turn: int) -> float:
        away = (turn - wish) % DIRECTIONS
        slanted = 0.0 if turn % (DIRECTIONS // 4) == 0 else 2.5
        return min(away, DIRECTIONS - away) + slanted

    turns = sorted(range(DIRECTIONS), key=lambda turn: (detour(turn), turn))
    radius = ROUTER_RADIUS + 34
    while radius < FURTHEST:
        for turn in turns:
            angle = 2 * pi * turn / DIRECTIONS
            reach_x = radius + label.width / 2 * abs(cos(angle))
            reach_y = radius + label.height / 2 * abs(sin(angle))
            centre = (anchor[0] + reach_x * cos(angle), anchor[1] + reach_y * sin(angle))
            if _is_free(anchor, centre, label, taken):
                return centre
        radius += 16
    return anchor[0] + FURTHEST * cos(outward), anchor[1] + FURTHEST * sin(outward)


def _is_free(anchor: Point, centre: Point, label: Label, taken: _Taken) -> bool:
    w, h = label.width + 8, label.height + 8
    for other, other_w, other_h in taken.boxes:
        if (
            abs(other[0] - centre[0]) < (w + other_w) / 2
            and abs(other[1] - centre[1]) < (h + other_h) / 2
        ):
            return False
        if other != anchor and _crosses_box(anchor, centre, other, other_w, other_h):
            return False
    w, h = w + 2 * BESIDE, h + 2 * BESIDE  # room for what is written beside a link
    return not any(_crosses_box(a, b, centre, w, h) for a, b in taken.lines)


def _crosses_box(a: Point, b: Point, centre: Point, width: float, height: float) -> bool:
    """True if the segment a-b meets the rectangle (Liang-Barsky clipping)."""
    low, high = 0.0, 1.0
    for start, step, middle, half in (
        (a[0], b[0] - a[0], centre[0], width / 2),
        (a[1], b[1] - a[1], centre[1], height / 2),
    ):
        near, far = middle - half - start, middle + half - start
        if abs(step) < 1e-9:
            if near > 0 or far < 0:
                return False
            continue
        one, two = sorted((near / step, far / step))
        low, high = max(low, one), min(high, two)
    return low <= high
