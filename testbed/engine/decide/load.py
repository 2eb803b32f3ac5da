"""What traffic there is on each adjacency, with parts on equal-cost paths counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from testbed.engine.compute import ecmp
from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.spf import Routing
from testbed.engine.decide.route import Route
from testbed.engine.network import Adjacency, Key, Network, key_of
from testbed.engine.segments.segment import AdjacencySegment

Load = Mapping[Key, float]  # Mbit/s


def with_route(load: Load, routing: Routing, route: Route, mbit: float) -> Load:
    """The load, and so many Mbit/s more by a route."""
    return with_routes(load, routing, [(route, mbit)]) if mbit else load


def with_routes(load: Load, routing: Routing, routes: Iterable[tuple[Route, float]]) -> Load:
    """The load, and so many Mbit/s more by each route."""
    found = dict(load)
    for route, mbit in routes:
        for arc, part in _parts(routing, route):
            key = routing.keys[arc]
            found[key] = found.get(key, 0.0) + part * mbit
    return found


def shares(routing: Routing, route: Route) -> dict[Key, float]:
    """The part of a route's traffic on each adjacency, as its segment list divides it."""
    return dict(with_routes({}, routing, [(route, 1.0)]))


def _parts(routing: Routing, route: Route) -> Iterator[tuple[int, float]]:
    """The same by number; what is passed twice comes twice."""
    at = routing.number[route.path[0].tail]
    for segment in route.segments:
        if isinstance(segment, AdjacencySegment):
            across = routing.arc(segment.adjacency)
            yield from ecmp.shares(routing, at, routing.tails[across]).items()
            yield across, 1.0
        else:
            yield from ecmp.shares(routing, at, routing.number[segment.end]).items()
        at = routing.number[segment.end]


def network_left(network: Network, load: Load) -> Network:
    """The network with the capacity that is left."""
    if not load:
        return network

    def left(adjacency: Adjacency) -> Adjacency:
        used, capacity = load.get(key_of(adjacency)), adjacency.capacity_mbit
        if used is None or capacity is None:
            return adjacency
        return replace(adjacency, capacity_mbit=max(0.0, capacity - used))

    return replace(network, adjacencies=tuple(map(left, network.adjacencies)))


def over_subscribed(load: Load, routing: Routing) -> dict[Key, str]:
    """Adjacencies that carry more than they can, each in words."""
    capacities = ((key, routing.adjacencies[routing.arc_of[key]].capacity_mbit) for key in load)
    return {
        key: f"{key[0]} → {key[1]} has {load[key]:.10g} of {capacity:g} Mbit/s"
        for key, capacity in capacities
        if capacity is not None and load[key] > capacity * (1 + 1e-9)
    }


def too_narrow(network: Network, constraints: Constraints, source: str, target: str) -> list[str]:
    """Links which keep a source from a target by what is left on them, in words."""
    wide = replace(constraints, bandwidth_mbit=None)
    reached, waiting, narrow = {source}, [source], list[Adjacency]()
    while waiting:
        for adjacency in network.outgoing.get(waiting.pop(), ()):
            if not wide.allow(adjacency):
                continue
            if not constraints.allow(adjacency):
                narrow.append(adjacency)
            elif adjacency.head not in reached:
                reached.add(adjacency.head)
                if adjacency.head not in network.overloaded:
                    waiting.append(adjacency.head)
    if target in reached:
        return []
    cut = (a for a in narrow if a.head not in reached)
    return sorted(f"{a.tail} → {a.head} has {a.capacity_mbit:.10g} Mbit/s left" for a in cut)
