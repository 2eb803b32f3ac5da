"""A second route that stands by, with as little as possible in common with the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.disjoint import Disjoint
from testbed.engine.decide.apart import avoiding
from testbed.engine.decide.ask import Ask
from testbed.engine.decide.choose import Refusal, Terrain, best_route, single_route
from testbed.engine.decide.joint import joint_routes, why_no_two
from testbed.engine.decide.route import Route

_STRICTEST_FIRST: tuple[Disjoint, ...] = ("srlg-node", "node", "srlg", "link")


@dataclass(frozen=True)
class Protected:
    """Two routes, and what they do not have in common."""

    primary: Route
    backup: Route
    apart: Disjoint


def protected(
    terrain: Terrain, ask: Ask, constraints: Constraints, best: Route
) -> Protected | Refusal:
    """The best route with one beside it; a worse one where the best has none beside it."""
    has_risks = any(adjacency.srlg for adjacency in terrain.network.adjacencies)
    for apart in _STRICTEST_FIRST:
        if has_risks or not apart.startswith("srlg"):
            for primary, backup in _pairs(terrain, ask, constraints, best, apart):
                return Protected(primary, backup, apart)
    return Refusal(f"no second path: {why_no_two(terrain, ask, constraints)}")


def _pairs(
    terrain: Terrain, ask: Ask, constraints: Constraints, best: Route, apart: Disjoint
) -> Iterator[tuple[Route, Route]]:
    """Beside all the best paths; beside one of them; the two that cost the least together."""
    for primary in (best, single_route(terrain, ask, constraints)):
        if isinstance(primary, Route):
            away = avoiding(constraints, terrain.network, ask, primary, apart)
            backup = best_route(terrain, ask, away) if away else None
            if isinstance(backup, Route):
                yield primary, backup
    pair = joint_routes(terrain, ask, constraints, apart)
    if pair is not None:
        yield pair
