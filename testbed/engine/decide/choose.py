"""The best route for one pair of nodes within constraints, with its segment list; or why none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from math import inf

from testbed.engine.compute.constraints import Constraint, Constraints
from testbed.engine.compute.cspf import NO_CONSTRAINTS, Infeasible, find_path, routing_within
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Path, Weight, cost
from testbed.engine.decide.ask import Ask
from testbed.engine.decide.route import Route, astray
from testbed.engine.network import Adjacency, Network
from testbed.engine.segments.segment import TooManySegments
from testbed.engine.segments.strict import list_along
from testbed.engine.segments.within import list_within

# By network, constraints and weight; a network that is kept has a number of its own.
Known = dict[tuple[int, Constraints, Weight], tuple[Network, Routing]]


@dataclass(frozen=True)
class Terrain:
    """What a route is sought on.

    `routing`: what routers forward by now. `network`: with the capacity that others leave. `limit`:
    the most segments. `known`: shortest paths, shared with other asks.
    """

    routing: Routing
    network: Network
    limit: int
    known: Known = field(default_factory=dict, compare=False, repr=False)

    def equal_paths(
        self, source: str, target: str, constraints: Constraints, weight: Weight
    ) -> frozenset[Adjacency]:
        """As `cspf.equal_paths`; shortest paths are computed once for all with such constraints.

        Where the constraints leave all of those without constraints, it is these.
        """
        if {source, target} & constraints.avoid_nodes:
            return frozenset()
        every = self._routing_within(NO_CONSTRAINTS, weight).all_shortest(source, target)
        if all(map(constraints.allow, every)):
            return every
        return self._routing_within(constraints, weight).all_shortest(source, target)

    def _routing_within(self, constraints: Constraints, weight: Weight) -> Routing:
        key = id(self.network), constraints, weight
        if key not in self.known:
            self.known[key] = self.network, routing_within(self.network, constraints, weight)
        return self.known[key][1]


@dataclass(frozen=True)
class Refusal:
    """There is no such route; `conflict`: the fewest constraints to blame, where it is these."""

    reason: str
    conflict: tuple[Constraint, ...] = ()


def weight_of(ask: Ask) -> Weight:
    """What is least on the path; of the paths with the most spare bandwidth, the metric."""
    wanted = ask.intent.optimise
    return "igp" if wanted == "spare-bandwidth" else wanted


def best_route(terrain: Terrain, ask: Ask, constraints: Constraints) -> Route | Refusal:
    """The best one; where several are as good and constraints allow it, all of them."""
    if missing := {ask.source, ask.target} - terrain.network.nodes:
        return Refusal(f"{sorted(missing)[0]} is not in the network")
    if ask.intent.optimise == "spare-bandwidth":
        constraints = _with_most_spare(terrain, ask, constraints)
    if not constraints.only_filter:
        return single_route(terrain, ask, constraints)
    weight = weight_of(ask)
    allowed = terrain.equal_paths(ask.source, ask.target, constraints, weight)
    if not allowed:
        return single_route(terrain, ask, constraints)  # it knows why there is none
    segments = list_within(terrain.routing, ask.source, ask.target, allowed, terrain.limit)
    if segments is None:
        raise AssertionError("shortest paths lead to their target")
    if isinstance(segments, TooManySegments):
        return Refusal(str(segments))
    path = one_of(allowed, ask.source, ask.target)
    return _checked(terrain, Route(path, allowed, segments, cost(path, weight)))


def single_route(terrain: Terrain, ask: Ask, constraints: Constraints) -> Route | Refusal:
    """One path, which every packet takes."""
    weight = weight_of(ask)
    path = find_path(terrain.network, ask.source, ask.target, constraints, weight)
    if isinstance(path, Infeasible):
        return Refusal(str(path), path.conflict)
    return along(terrain, ask, path)


def along(terrain: Terrain, ask: Ask, path: Path) -> Route | Refusal:
    """The route of a path that is known."""
    segments = list_along(terrain.routing, path, terrain.limit)
    if isinstance(segments, TooManySegments):
        return Refusal(str(segments))
    route = Route(path, frozenset(path), segments, cost(path, weight_of(ask)))
    return _checked(terrain, route)


def _checked(terrain: Terrain, route: Route) -> Route | Refusal:
    wrong = astray(terrain.routing, route)
    return Refusal(wrong) if wrong else route


def one_of(allowed: Collection[Adjacency], source: str, target: str) -> Path:
    """Of paths of equal cost, the first by name."""
    leaving: dict[str, list[Adjacency]] = {}
    for adjacency in allowed:
        leaving.setdefault(adjacency.tail, []).append(adjacency)
    found, at = [], source
    while at != target:
        step = min(leaving[at], key=lambda adjacency: (adjacency.head, adjacency.link))
        found.append(step)
        at = step.head
    return tuple(found)


def _with_most_spare(terrain: Terrain, ask: Ask, constraints: Constraints) -> Constraints:
    """As much bandwidth asked for as any path within the constraints has on its fullest link."""
    least = constraints.bandwidth_mbit or 0.0
    capacities = (a.capacity_mbit for a in terrain.network.adjacencies)
    steps = sorted({inf if c is None else c for c in capacities if c is None or c >= least})

    def possible(mbit: float) -> bool:
        asked = replace(constraints, bandwidth_mbit=mbit)
        return not isinstance(find_path(terrain.network, ask.source, ask.target, asked), Infeasible)

    low, high = 0, len(steps)  # steps below `low` are possible, those from `high` on are not
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if possible(steps[middle]) else (low, middle)
    return replace(constraints, bandwidth_mbit=steps[low - 1]) if low else constraints
