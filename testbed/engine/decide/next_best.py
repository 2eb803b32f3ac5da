"""The best path that a route does not take, and what each constraint costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from testbed.engine.compute.constraints import Constraint, Constraints, together
from testbed.engine.compute.cspf import Infeasible, find_path
from testbed.engine.compute.weights import Path, cost
from testbed.engine.decide.ask import Ask
from testbed.engine.decide.choose import Terrain, weight_of
from testbed.engine.decide.route import Route
from testbed.engine.network import key_of


@dataclass(frozen=True)
class Costed:
    """A path and its cost in the intent's weight."""

    path: Path
    cost: int


@dataclass(frozen=True)
class Price:
    """A constraint, the links that it rules out by itself, the best path without it."""

    constraint: Constraint
    links: tuple[str, ...]
    without: Costed | None


def next_best(terrain: Terrain, ask: Ask, constraints: Constraints, route: Route) -> Costed | None:
    """The cheapest within the constraints that takes a link that the route does not take."""
    taken = {key_of(adjacency) for adjacency in route.adjacencies}
    links = sorted({a.link for a in route.adjacencies if not {a.tail, a.head} & _ends(ask)})
    found: list[Costed] = []
    for gone in ([link] for link in links):
        found += _without_links(terrain, ask, constraints, gone)
    others = [one for one in found if any(key_of(a) not in taken for a in one.path)]
    others = others or list(_without_links(terrain, ask, constraints, links))
    return min(others, key=lambda one: (one.cost, len(one.path)), default=None)


def _ends(ask: Ask) -> set[str]:
    return {ask.source, ask.target}


def _without_links(
    terrain: Terrain, ask: Ask, constraints: Constraints, links: list[str]
) -> Iterator[Costed]:
    avoid = replace(constraints, avoid_links=constraints.avoid_links | set(links))
    found = _best(terrain, ask, avoid)
    if links and found is not None:
        yield found


def _best(terrain: Terrain, ask: Ask, constraints: Constraints) -> Costed | None:
    if {ask.source, ask.target} - terrain.network.nodes:
        return None
    weight = weight_of(ask)
    path = find_path(terrain.network, ask.source, ask.target, constraints, weight)
    return None if isinstance(path, Infeasible) else Costed(path, cost(path, weight))


def prices(terrain: Terrain, ask: Ask, constraints: Constraints) -> list[Price]:
    """Of each constraint; a path without it that costs as much is a path that it does not cost."""
    every = constraints.each()
    return [
        Price(
            one,
            tuple(sorted(_ruled_out(terrain, one))),
            _best(terrain, ask, together(other for other in every if other != one)),
        )
        for one in every
    ]


def _ruled_out(terrain: Terrain, constraint: Constraint) -> set[str]:
    alone = together([constraint])
    return {a.link for a in terrain.network.adjacencies if not alone.allow(a)}
