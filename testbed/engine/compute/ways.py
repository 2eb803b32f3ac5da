"""Ways of demands through a network: those of short segment lists, and those of any path.

A way of a list is (source, segment, …, target): a node's number is the segment of that node, and
`~n` that of adjacency n.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from testbed.engine.compute.column_generation import Way
from testbed.engine.compute.ecmp import Shares, mean_prices, shares
from testbed.engine.compute.spf import UNREACHABLE, Routing

_MOST_LISTS = 20_000  # some 40 MB of shares
Leg = tuple[int, int]


@dataclass(frozen=True)
class Wish:
    """What a demand wants of its ways, besides its two ends.

    `own`: ways that are allowed in any case; without one, the shortest paths are. `fits`: of other
    ways, those that are allowed (None: all). `arcs`: those that packets may take (None: all).
    """

    own: tuple[Way, ...] = ()
    fits: Callable[[Way, Shares], bool] | None = None
    arcs: frozenset[int] | None = None


NO_WISH = Wish()


class Lists:
    """Ways that segment lists with at most one waypoint give, and a demand's own ones.

    Without those on which a packet passes a node twice.
    """

    def __init__(
        self, routing: Routing, pairs: Sequence[tuple[int, int]], wishes: Sequence[Wish] = ()
    ) -> None:
        self._routing, self._pairs = routing, pairs
        self._wishes = wishes or [NO_WISH] * len(pairs)
        self._legs: dict[Leg, Shares] = {}
        self._lists: dict[Way, Shares] = {}
        closed = {routing.number[name] for name in routing.network.overloaded}
        self._waypoints = [node for node in range(len(routing.nodes)) if node not in closed]

    def shares(self, way: Way) -> Shares:
        """The part of a demand on each adjacency."""
        if way not in self._lists:
            found: dict[int, float] = {}
            for leg in self._shares_of_legs(way):
                for arc, part in leg.items():
                    found[arc] = found.get(arc, 0.0) + part
            self._lists[way] = found
        return self._lists[way]

    def _shares_of_legs(self, way: Way) -> Iterator[Shares]:
        at = way[0]
        for segment in way[1:]:
            if segment >= 0:
                yield self._leg(at, segment)
                at = segment
            else:
                yield self._leg(at, self._routing.tails[~segment])
                yield {~segment: 1.0}
                at = self._routing.heads[~segment]

    def _leg(self, source: int, target: int) -> Shares:
        if (source, target) not in self._legs:
            self._legs[source, target] = shares(self._routing, source, target)
        return self._legs[source, target]

    def own(self, demand: int) -> Way:
        """The way that it takes by itself."""
        own = self._wishes[demand].own
        return own[0] if own else self._pairs[demand]

    def cheapest(self, prices: Sequence[float]) -> list[tuple[float, Way]]:
        """A waypoint only where it is cheaper than none."""
        import numpy as np

        to = [
            np.array(mean_prices(self._routing, n, prices)) for n in range(len(self._routing.nodes))
        ]
        to_waypoint = np.array([to[node] for node in self._waypoints])
        found: list[tuple[float, Way]] = []
        for demand, (source, target) in enumerate(self._pairs):
            best = min(
                ((self._price(way, prices), way) for way in self._without_waypoint(demand)),
                key=lambda one: one[0],
            )
            paid = to_waypoint[:, source] + to[target][self._waypoints]
            for place in np.argsort(paid, kind="stable"):
                if paid[place] >= best[0] * (1 - 1e-9):
                    break
                way = (source, self._waypoints[int(place)], target)
                if self._goes_on(*way) and self._fits(demand, way):
                    best = float(paid[place]), way
                    break
            found.append(best)
        return found

    def _price(self, way: Way, prices: Sequence[float]) -> float:
        return sum(prices[arc] * part for arc, part in self.shares(way).items())

    def _without_waypoint(self, demand: int) -> list[Way]:
        """A demand's own ways, and the shortest paths."""
        own, direct = self._wishes[demand].own, self._pairs[demand]
        if own and (direct in own or not self._fits(demand, direct)):
            return list(own)
        return [*own, direct]

    def _fits(self, demand: int, way: Way) -> bool:
        fits = self._wishes[demand].fits
        return fits is None or fits(way, self.shares(way))

    def _goes_on(self, source: int, waypoint: int, target: int) -> bool:
        """True if no packet passes a node twice."""
        if waypoint in (source, target):
            return False
        tails = self._routing.tails
        first, second = self._leg(source, waypoint), self._leg(waypoint, target)
        passed = {tails[arc] for arc in first}
        return target not in passed and passed.isdisjoint(tails[arc] for arc in second)

    def allows(self, demand: int, way: Way) -> bool:
        """May the demand go this way? Of ways with more segments, only its own ones."""
        if way in self._wishes[demand].own:
            return True
        if (way[0], way[-1]) != self._pairs[demand] or min(way) < 0 or len(way) > 3:
            return False
        distance = self._routing.towards(way[1]).distance[way[0]]
        if distance == UNREACHABLE or not (len(way) < 3 or self._leads_on(*way)):
            return False
        return self._fits(demand, way)

    def _leads_on(self, source: int, waypoint: int, target: int) -> bool:
        reached = self._routing.towards(target).distance[waypoint] < UNREACHABLE
        return reached and self._goes_on(source, waypoint, target)

    def all_of(self, demand: int) -> list[Way]:
        """Every way of a demand, its own first."""
        source, target = self._pairs[demand]
        through = ((source, node, target) for node in self._waypoints)
        others = (way for way in through if self.allows(demand, way))
        return list(dict.fromkeys([*self._without_waypoint(demand), *others]))

    @property
    def few(self) -> bool:
        """True if all ways of all demands can be looked at."""
        return len(self._pairs) * len(self._routing.nodes) <= _MOST_LISTS


class Paths:
    """Ways over any single path, as the numbers of its adjacencies: what no routing can beat."""

    def __init__(
        self, routing: Routing, pairs: Sequence[tuple[int, int]], wishes: Sequence[Wish] = ()
    ) -> None:
        self._routing = routing
        arcs = (wish.arcs for wish in wishes or [NO_WISH] * len(pairs))
        self._asked = [(s, t, allowed) for (s, t), allowed in zip(pairs, arcs, strict=True)]
        self._out: list[list[int]] = [[] for _ in routing.nodes]
        for arc, tail in enumerate(routing.tails):
            self._out[tail].append(arc)
        self._closed = {routing.number[name] for name in routing.network.overloaded}

    def shares(self, way: Way) -> Shares:
        return dict.fromkeys(way, 1.0)

    def cheapest(self, prices: Sequence[float]) -> list[tuple[float, Way]]:
        roots = dict.fromkeys((source, allowed) for source, _, allowed in self._asked)
        trees = {root: self._tree(*root, prices) for root in roots}
        found: list[tuple[float, Way]] = []
        for source, target, allowed in self._asked:
            paid, arrived = trees[source, allowed]
            way, at = [], target
            while at != source:
                way.append(arrived[at])
                at = self._routing.tails[arrived[at]]
            found.append((paid[target], tuple(reversed(way))))
        return found

    def _tree(
        self, source: int, allowed: frozenset[int] | None, prices: Sequence[float]
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
                if allowed is not None and arc not in allowed:
                    continue
                head, through = self._routing.heads[arc], so_far + prices[arc]
                if head not in paid or through < paid[head]:
                    paid[head], arrived[head] = through, arc
                    heappush(heap, (through, hops + 1, head))
        return paid, arrived
