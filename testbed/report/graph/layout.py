"""Computes positions of the routers: those of the paper's figure, or a computed layout.

Units: neighbouring routers are about 1 apart; x grows to the right, y downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import atan2, cos, hypot, pi, sin
from typing import TYPE_CHECKING

from testbed.plan.model import Plan, Role

if TYPE_CHECKING:
    import networkx as nx

Point = tuple[float, float]

PAPER: dict[str, Point] = {
    "r1": (0.0, 1.0),
    "r2": (1.05, 1.0),
    "r3": (2.1, 0.0),
    "r4": (3.4, 0.0),
    "r5": (4.9, 0.0),
    "r6": (4.15, 1.0),
    "r7": (2.1, 2.0),
    "r8": (4.9, 2.0),
}
PAPER_LINKS = frozenset(
    frozenset(pair)
    for pair in (
        ("r1", "r2"), ("r2", "r3"), ("r2", "r7"), ("r3", "r4"), ("r4", "r5"),
        ("r4", "r6"), ("r5", "r6"), ("r6", "r7"), ("r6", "r8"), ("r7", "r8"),
    )
)  # fmt: skip


def router_positions(plan: Plan) -> dict[str, Point]:
    """A position for every router; the same plan gives the same positions."""
    names = [r.name for r in plan.routers]
    if is_paper_backbone(plan):
        return {name: PAPER[name] for name in names}
    if len(names) < 3:
        return {name: (1.3 * index, 0.0) for index, name in enumerate(names)}
    graph = _build_backbone_graph(plan)
    turned = _turn_layout(graph, _stress_layout(graph, names))
    return _normalise_layout(names, _snap_to_grid(graph, turned))


def is_paper_backbone(plan: Plan) -> bool:
    """True if the routers and the links between them are those of the paper's figure."""
    return {r.name for r in plan.routers} == set(PAPER) and backbone_pairs(plan) == PAPER_LINKS


def backbone_pairs(plan: Plan) -> frozenset[frozenset[str]]:
    """The pairs of routers that have a link."""
    routers = {r.name for r in plan.of(Role.ROUTER)}
    return frozenset(
        frozenset((x.a.node, x.b.node))
        for x in plan.links
        if x.a.node in routers and x.b.node in routers
    )


def _build_backbone_graph(plan: Plan) -> nx.Graph[str]:
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(r.name for r in plan.routers)
    for a, b in sorted(map(sorted, backbone_pairs(plan))):
        graph.add_edge(a, b)
    return graph


def _stress_layout(graph: nx.Graph[str], names: Sequence[str]) -> dict[str, Point]:
    """Distances in the drawing close to hops in the graph (stress majorisation).

    The goal of Kamada-Kawai, but started from classical scaling, so that grids do not fold.
    """
    import networkx as nx
    import numpy as np

    hops = dict(nx.all_pairs_shortest_path_length(graph))
    size = len(names)
    far = float(size)  # between parts that are not connected
    d = np.array([[float(hops[a].get(b, far)) for b in names] for a in names])
    centring = np.eye(size) - 1.0 / size
    values, vectors = np.linalg.eigh(-0.5 * centring @ (d**2) @ centring)
    x = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-9))
    # A fixed nudge separates routers that classical scaling puts on one spot.
    x = x + 0.01 * np.column_stack((np.sin(np.arange(size)), np.cos(2.0 * np.arange(size))))
    weight = 1.0 / np.maximum(d, 1.0) ** 2
    np.fill_diagonal(weight, 0.0)
    laplacian = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplacian)
    for _ in range(200):
        gaps = np.linalg.norm(x[:, None, :] - x[None, :, :], axis=2)
        ratio = np.divide(weight * d, gaps, out=np.zeros_like(gaps), where=gaps > 1e-9)
        x = inverse @ ((np.diag(ratio.sum(axis=1)) - ratio) @ x)
    return {name: (float(p[0]), float(p[1])) for name, p in zip(names, x, strict=True)}


def _turn_layout(graph: nx.Graph[str], at: dict[str, Point]) -> dict[str, Point]:
    """The layout turned so that it is wide, and most links are horizontal or vertical."""

    def tilt(angle: float) -> float:
        total = 0.0
        for a, b in graph.edges:
            (ax, ay), (bx, by) = at[a], at[b]
            total += abs(sin(2 * (atan2(by - ay, bx - ax) + angle)))
        return total

    best = min((step * pi / 180 for step in range(90)), key=lambda a: round(tilt(a), 6))
    turned = {n: _rotate_point(p, best) for n, p in at.items()}
    xs, ys = [p[0] for p in turned.values()], [p[1] for p in turned.values()]
    if max(ys) - min(ys) > (max(xs) - min(xs)) * 1.02:
        return _mirror_layout(turned)
    second = next(iter(sorted(graph[min(graph)], key=_natural_key)), None)
    first = min(graph)
    square = max(ys) - min(ys) > (max(xs) - min(xs)) * 0.98
    if second and square and _is_upright(turned[first], turned[second]):
        return _mirror_layout(turned)
    return turned


def _mirror_layout(at: dict[str, Point]) -> dict[str, Point]:
    return {n: (y, x) for n, (x, y) in at.items()}


def _is_upright(a: Point, b: Point) -> bool:
    return abs(b[1] - a[1]) > abs(b[0] - a[0])


def _natural_key(name: str) -> tuple[int, str]:
    """A sort key that puts r2 before r10."""
    return len(name), name


def _snap_to_grid(graph: nx.Graph[str], at: dict[str, Point]) -> dict[str, Point]:
    """The layout with slightly bent grids straightened; other layouts stay as they are."""
    columns = _group_in_bands([p[0] for p in at.values()])
    rows = _group_in_bands([p[1] for p in at.values()])
    cells = {n: (columns[x], rows[y]) for n, (x, y) in at.items()}
    distinct = len(set(cells.values())) == len(cells)
    if not distinct or len(cells) < 4:
        return at
    for a, b in graph.edges:
        if abs(cells[a][0] - cells[b][0]) + abs(cells[a][1] - cells[b][1]) != 1:
            return at
    return {n: (float(x), float(y)) for n, (x, y) in cells.items()}


def _group_in_bands(values: Sequence[float]) -> dict[float, int]:
    """Give values that are close together the same number: 0.0 0.1 | 1.0 1.1 | 2.0 …"""
    bands: dict[float, int] = {}
    band, before = 0, None
    for value in sorted(set(values)):
        if before is not None and value - before > 0.45:
            band += 1
        bands[value] = band
        before = value
    return bands


def _rotate_point(point: Point, angle: float) -> Point:
    x, y = point
    return x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)


def _normalise_layout(names: Sequence[str], at: dict[str, Point]) -> dict[str, Point]:
    """First router to the upper left, nearest pair at least 0.8 apart, origin at the corner."""
    middle_x = sum(p[0] for p in at.values()) / len(at)
    middle_y = sum(p[1] for p in at.values()) / len(at)
    first = at[names[0]]
    flip_x = -1.0 if first[0] > middle_x + 1e-6 else 1.0
    flip_y = -1.0 if first[1] > middle_y + 1e-6 else 1.0
    nearest = min(hypot(p[0] - q[0], p[1] - q[1]) for p, q in combinations(at.values(), 2))
    scale = max(1.0, 0.8 / max(nearest, 0.2))
    flipped = {n: (x * flip_x * scale, y * flip_y * scale) for n, (x, y) in at.items()}
    left = min(p[0] for p in flipped.values())
    top = min(p[1] for p in flipped.values())
    return {n: (x - left, y - top) for n, (x, y) in flipped.items()}
