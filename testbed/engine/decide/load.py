"""What traffic there is on each adjacency, with parts on equal-cost paths counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from testbed.engine.compute import ecmp
from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.spf import Routing
from testbed.engine.decide.route import Key, Route, key_of
from testbed.engine.network import Adjacency, Network
from testbed.engine.segments.segment import AdjacencySegment

Load = Mapping[Key, float]  # Mbit/s


def with_route(load: Load, routing: Routing, route: Route, mbit: float) -> Load:
    """The load, and so many Mbit/s more by a route."""
    if not mbit:
        return load
    found = dict(load)
    for key, part in shares(routing, route).items():
        found[key] = found.get(key, 0.0) + part * mbit
    return found


def shares(routing: Routing, route: Route) -> dict[Key, float]:
    """The part of a route's traffic on each adjacency, as its segment list divides it."""
    found: dict[Key, float] = {}

    def add(adjacency: Adjacency, part: float) -> None:
        key = key_of(adjacency)
        found[key] = found.get(key, 0.0) + part

    at = route.path[0].tail
    for segment in route.segments:
        across = segment.adjacency if isinstance(segment, AdjacencySegment) else None
        target = across.tail if across else segment.end
        numbers = routing.number[at], routing.number[target]
        for arc, part in ecmp.shares(routing, *numbers).items():
            add(routing.adjacencies[arc], part)
        if across:
            add(across, 1.0)
        at = segment.end
    return found


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


def too_full(load: Load, routing: Routing, route: Route) -> list[str]:
    """Links of a route that carry more than they can, in words."""
    capacities = {key_of(a): a.capacity_mbit for a in routing.adjacencies}
    return [
        f"{tail} → {head} has {load[tail, head, link]:.10g} of {capacity:g} Mbit/s"
        for tail, head, link in sorted(shares(routing, route))
        if (capacity := capacities[tail, head, link]) is not None
        and load.get((tail, head, link), 0.0) > capacity * (1 + 1e-9)
    ]


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
