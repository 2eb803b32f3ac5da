"""What an ask for bandwidth wants of a way, as placement asks it; and ways as routes."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.engine.compute.column_generation import Way
from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.cspf import NO_CONSTRAINTS
from testbed.engine.compute.ecmp import Shares
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.ways import Wish
from testbed.engine.compute.weights import cost
from testbed.engine.decide.ask import Ask
from testbed.engine.decide.choose import one_of, weight_of
from testbed.engine.decide.route import Route
from testbed.engine.network import Network
from testbed.engine.segments.segment import AdjacencySegment, NodeSegment, Segment

_WHOLE = 1 - 1e-9  # of the packets


@dataclass(frozen=True)
class Wanted:
    """An ask that is placed with others.

    `route`: what it takes by itself. `constraints`: what any other route keeps to, bandwidth apart.
    `network`: where that is sought. `limit`: the most segments.
    """

    ask: Ask
    route: Route
    constraints: Constraints
    network: Network
    limit: int


class Wishes:
    """Of asks on one network."""

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._allowed: dict[tuple[Constraints, int], _Allowed] = {}

    def of(self, wanted: Wanted) -> Wish:
        """Its own route's way in any case; of others, those that keep to its constraints."""
        own = way_of(self._routing, wanted.route)
        constraints, limit = wanted.constraints, wanted.limit
        if constraints == NO_CONSTRAINTS and limit > 1:
            return Wish((own,))
        key = constraints, id(wanted.network)
        if key not in self._allowed:
            self._allowed[key] = _Allowed(self._routing, wanted)
        allowed = self._allowed[key]

        def fits(way: Way, shares: Shares) -> bool:
            if len(way) > limit + 1 or not all(map(allowed.__getitem__, shares)):
                return False
            return constraints.only_filter or _visits(self._routing, constraints, way, shares)

        return Wish((own,), fits)


class _Allowed(dict[int, bool]):
    """Whether constraints allow an adjacency, by its number; judged when asked for."""

    def __init__(self, routing: Routing, wanted: Wanted) -> None:
        self._keys, self._wanted = routing.keys, wanted

    def __missing__(self, arc: int) -> bool:
        adjacency = self._wanted.network.by_key[self._keys[arc]]
        self[arc] = self._wanted.constraints.allow(adjacency)
        return self[arc]


def _visits(routing: Routing, constraints: Constraints, way: Way, shares: Shares) -> bool:
    """Do all packets visit what is required, and in time?"""
    at_nodes: dict[str, float] = {}
    on_links: dict[str, float] = {}
    for arc, part in shares.items():
        adjacency = routing.adjacencies[arc]
        at_nodes[adjacency.head] = at_nodes.get(adjacency.head, 0.0) + part
        on_links[adjacency.link] = on_links.get(adjacency.link, 0.0) + part
    most = constraints.max_delay_us
    return (
        all(at_nodes.get(node, 0.0) >= _WHOLE for node in constraints.require_nodes)
        and all(on_links.get(link, 0.0) >= _WHOLE for link in constraints.require_links)
        and (most is None or _longest_delay(routing, way, shares) <= most)
    )


def _longest_delay(routing: Routing, way: Way, shares: Shares) -> int:
    """Of the paths of a way, none of which passes a node twice."""
    leaving: dict[int, list[int]] = {}
    for arc in shares:
        leaving.setdefault(routing.tails[arc], []).append(arc)
    known: dict[int, int] = {}

    def longest(node: int) -> int:
        if node not in known:
            known[node] = max(
                (
                    routing.adjacencies[arc].delay_us + longest(routing.heads[arc])
                    for arc in leaving.get(node, ())
                ),
                default=0,
            )
        return known[node]

    return longest(way[0])


def way_of(routing: Routing, route: Route) -> Way:
    """A route's segment list as a way."""
    source = routing.number[route.path[0].tail]
    return (source, *(_number(routing, segment) for segment in route.segments))


def _number(routing: Routing, segment: Segment) -> int:
    if isinstance(segment, AdjacencySegment):
        return ~routing.arc(segment.adjacency)
    return routing.number[segment.node]


def route_of(routing: Routing, ask: Ask, way: Way, shares: Shares) -> Route:
    """A way through nodes as a route."""
    adjacencies = routing.named(shares)
    path = one_of(adjacencies, ask.source, ask.target)
    segments = tuple(NodeSegment(routing.nodes[node]) for node in way[1:])
    return Route(path, adjacencies, segments, cost(path, weight_of(ask)))


def standing_way(routing: Routing, ask: Ask, waypoints: tuple[str, ...]) -> Way | None:
    """The way of a list that the ask has now, by names of nodes; None if it is not of nodes."""
    names = (ask.source, *waypoints, ask.target)
    numbers = tuple(routing.number[name] for name in names if name in routing.number)
    return numbers if len(numbers) == len(names) else None
