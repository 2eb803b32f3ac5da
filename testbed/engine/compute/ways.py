"""Ways of demands through a network: those of short segment lists, and those of any path."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import pairwise

from testbed.engine.compute.column_generation import Way
from testbed.engine.compute.ecmp import Shares, mean_prices, shares
from testbed.engine.compute.spf import UNREACHABLE, Routing

_MOST_LISTS = 20_000  # some 40 MB of shares


class Lists:
    """Ways that segment lists with at most one waypoint give: (source, waypoint, target).

    Without those on which a packet passes a node twice.
    """

    def __init__(self, routing: Routing, pairs: Sequence[tuple[int, int]]) -> None:
        self._routing, self._pairs = routing, pairs
        self._legs: dict[tuple[int, int], Shares] = {}
        self._lists: dict[Way, Shares] = {}
        closed = {routing.number[name] for name in routing.network.overloaded}
        self._waypoints = [node for node in range(len(routing.nodes)) if node not in closed]

    def shares(self, way: Way) -> Shares:
        """The two legs have no adjacency in common."""
        if way not in self._lists:
            legs = (self._leg(*leg) for leg in pairwise(way))
            self._lists[way] = {arc: part for leg in legs for arc, part in leg.items()}
        return self._lists[way]

    def _leg(self, source: int, target: int) -> Shares:
        if (source, target) not in self._legs:
            self._legs[source, target] = shares(self._routing, source, target)
        return self._legs[source, target]

    def cheapest(self, prices: Sequence[float]) -> list[tuple[float, Way]]:
        """A waypoint only where it is cheaper than none."""
        import numpy as np

        to = [
            np.array(mean_prices(self._routing, n, prices)) for n in range(len(self._routing.nodes))
        ]
        to_waypoint = np.array([to[node] for node in self._waypoints])
        found: list[tuple[float, Way]] = []
        for source, target in self._pairs:
            best: tuple[float, Way] = float(to[target][source]), (source, target)
            paid = to_waypoint[:, source] + to[target][self._waypoints]
            for place in np.argsort(paid, kind="stable"):
                if paid[place] >= best[0] * (1 - 1e-9):
                    break
                waypoint = self._waypoints[int(place)]
                if self._goes_on(source, waypoint, target):
                    best = float(paid[place]), (source, waypoint, target)
                    break
            found.append(best)
        return found

    def _goes_on(self, source: int, waypoint: int, target: int) -> bool:
        """True if no packet passes a node twice."""
        if waypoint in (source, target):
            return False
        tails = self._routing.tails
        first, second = self._leg(source, waypoint), self._leg(waypoint, target)
        passed = {tails[arc] for arc in first}
        return target not in passed and passed.isdisjoint(tails[arc] for arc in second)

    def all_of(self, demand: int) -> list[Way]:
        """Every way of a demand, the direct one first."""
        routing, (source, target) = self._routing, self._pairs[demand]
        onward = routing.towards(target).distance
        waypoints = [
            node
            for node in self._waypoints
            if onward[node] < UNREACHABLE
            and routing.towards(node).distance[source] < UNREACHABLE
            and self._goes_on(source, node, target)
        ]
        return [(source, target), *((source, node, target) for node in waypoints)]

    @property
    def few(self) -> bool:
        """True if all ways of all demands can be looked at."""
        return len(self._pairs) * len(self._routing.nodes) <= _MOST_LISTS


class Paths:
    """Ways over any single path, as the numbers of its adjacencies: what no routing can beat."""

    def __init__(self, routing: Routing, pairs: Sequence[tuple[int, int]]) -> None:
        self._routing, self._pairs = routing, pairs
        self._sources = sorted({source for source, _ in pairs})
        self._out: list[list[int]] = [[] for _ in routing.nodes]
        for arc, tail in enumerate(routing.tails):
            self._out[tail].append(arc)
        self._closed = {routing.number[name] for name in routing.network.overloaded}

    def shares(self, way: Way) -> Shares:
        return dict.fromkeys(way, 1.0)

    def cheapest(self, prices: Sequence[float]) -> list[tuple[float, Way]]:
        trees = {source: self._tree(source, prices) for source in self._sources}
        found: list[tuple[float, Way]] = []
        for source, target in self._pairs:
            paid, arrived = trees[source]
            way, at = [], target
            while at != source:
                way.append(arrived[at])
                at = self._routing.tails[arrived[at]]
            found.append((paid[target], tuple(reversed(way))))
        return found

    def _tree(
        self, source: int, prices: Sequence[float]
    ) -> tuple[dict[int, float], dict[int, int]]:
        paid, arrived = {source: 0.0}, dict[int, int]()
        heap = [(0.0, 0, source)]  # of equal price, fewer hops
        done = set()
        while heap:
            so_far, hops, node = heappop(heap)
            if node in done or (node in self._closed and node != source):
                continue
            done.add(node)
            for arc in self._out[node]:
                head, through = self._routing.heads[arc], so_far + prices[arc]
                if head not in paid or through < paid[head]:
                    paid[head], arrived[head] = through, arc
                    heappush(heap, (through, hops + 1, head))
        return paid, arrived
