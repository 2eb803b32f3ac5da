"""Many demands placed so that the fullest link is as empty as possible; with the distance to the
optimum.

Each demand gets one segment list: the target's node SID, or that of a waypoint before it. Traffic
divides over all equal-cost paths to each. Where there are too many lists to look at them all, a
linear program over these lists says which are worth it. One list per demand is then chosen, and
improved by moves of single demands. The bound is that of any routing whatever, over any paths and
in any parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush

from testbed.engine.compute.column_generation import Relaxed, Way, relax
from testbed.engine.compute.ecmp import Shares, mean_prices, shares_of_list
from testbed.engine.compute.spf import UNREACHABLE, Routing

_ROUNDS = 40
_MOVES = 2000
_MOST_LISTS = 20_000  # some 40 MB of shares


@dataclass(frozen=True)
class Demand:
    """Traffic from a node to another, in Mbit/s."""

    source: str
    target: str
    mbit: float


@dataclass(frozen=True)
class Placement:
    """`nodes`: per demand, those of its node segments, the target last; empty if the network has
    no way. `plain`: the maximal utilisation by shortest paths alone."""

    nodes: tuple[tuple[str, ...], ...]
    utilisation: float
    plain: float
    bound: float

    @property
    def gap(self) -> float:
        """How far above the bound, as a part of it: 0 is optimal."""
        return self.utilisation / self.bound - 1 if self.bound else 0.0


def place(routing: Routing, demands: Sequence[Demand], rounds: int = _ROUNDS) -> Placement:
    """`routing` is by IGP metric. The same input gives the same placement."""
    number = routing.number
    ends = [(number[d.source], number[d.target]) for d in demands]
    open_ones = [
        index
        for index, demand in enumerate(demands)
        if demand.mbit > 0
        and demand.source != demand.target
        and routing.distance(demand.source, demand.target) is not None
    ]
    if not open_ones:
        return Placement(tuple(_plain(routing, d) for d in demands), 0.0, 0.0, 0.0)
    sizes = [demands[index].mbit for index in open_ones]
    pairs = [ends[index] for index in open_ones]
    capacities = {
        arc: a.capacity_mbit for arc, a in enumerate(routing.adjacencies) if a.capacity_mbit
    }
    arcs = len(routing.adjacencies)
    lists = _Lists(routing, pairs)
    over_lists = relax(sizes, capacities, arcs, lists, rounds)
    over_paths = relax(sizes, capacities, arcs, _Paths(routing, pairs), rounds)
    chosen, utilisation, plain = _Rounding(sizes, pairs, capacities, lists).run(over_lists)
    found = {
        index: tuple(routing.nodes[node] for node in way[1:])
        for index, way in zip(open_ones, chosen, strict=True)
    }
    nodes = tuple(found.get(index, _plain(routing, d)) for index, d in enumerate(demands))
    return Placement(nodes, utilisation, plain, min(over_paths.bound, utilisation))


def _plain(routing: Routing, demand: Demand) -> tuple[str, ...]:
    reached = routing.distance(demand.source, demand.target) is not None
    return (demand.target,) if reached else ()


class _Lists:
    """Ways that segment lists with at most one waypoint give: (source, waypoint, target)."""

    def __init__(self, routing: Routing, pairs: Sequence[tuple[int, int]]) -> None:
        self._routing, self._pairs = routing, pairs
        self._known: dict[Way, Shares] = {}

    def shares(self, way: Way) -> Shares:
        if way not in self._known:
            self._known[way] = shares_of_list(self._routing, way)
        return self._known[way]

    def cheapest(self, prices: Sequence[float]) -> list[tuple[float, Way]]:
        import numpy as np

        nodes = range(len(self._routing.nodes))
        between = np.array([mean_prices(self._routing, node, prices) for node in nodes])
        for name in self._routing.network.overloaded:
            between[self._routing.number[name], :] = np.inf  # no waypoint
        found: list[tuple[float, Way]] = []
        to_target = {
            target: mean_prices(self._routing, target, prices) for _, target in self._pairs
        }
        for source, target in self._pairs:
            direct = to_target[target][source]
            paid = between[:, source] + np.array(to_target[target])
            waypoint = int(paid.argmin())
            if paid[waypoint] < direct * (1 - 1e-9) and waypoint not in (source, target):
                found.append((float(paid[waypoint]), (source, waypoint, target)))
            else:
                found.append((direct, (source, target)))
        return found

    def all_of(self, demand: int) -> list[Way]:
        """Every way of a demand, the direct one first."""
        routing, (source, target) = self._routing, self._pairs[demand]
        onward = routing.towards(target).distance
        closed = {routing.number[name] for name in routing.network.overloaded}
        waypoints = [
            node
            for node in range(len(routing.nodes))
            if node not in (source, target)
            and node not in closed
            and onward[node] < UNREACHABLE
            and routing.towards(node).distance[source] < UNREACHABLE
        ]
        return [(source, target), *((source, node, target) for node in waypoints)]

    @property
    def few(self) -> bool:
        """True if all ways of all demands can be looked at."""
        return len(self._pairs) * len(self._routing.nodes) <= _MOST_LISTS


class _Paths:
    """Ways over any single path, as the numbers of its adjacencies."""

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


class _Rounding:
    """One way per demand out of those of the linear program; then moves off the fullest link."""

    def __init__(
        self,
        sizes: Sequence[float],
        pairs: Sequence[tuple[int, int]],
        capacities: Mapping[int, float],
        lists: _Lists,
    ) -> None:
        self.sizes, self.pairs = sizes, pairs
        self.capacities, self.lists = capacities, lists
        self.load = dict.fromkeys(capacities, 0.0)

    def run(self, relaxed: Relaxed) -> tuple[list[Way], float, float]:
        """The ways, their maximal utilisation, and that of shortest paths."""
        direct: list[Way] = list(self.pairs)
        plain = self._weigh(direct)
        if self.lists.few:
            candidates = [self.lists.all_of(demand) for demand in range(len(direct))]
        else:
            both = zip(relaxed.parts, direct, strict=True)
            candidates = [sorted({*parts, way}) for parts, way in both]
        likely: list[Way] = [
            max(sorted(parts), key=lambda way: parts[way]) for parts in relaxed.parts
        ]
        starts = (likely, direct, self._one_by_one(candidates))
        tried = [self._improve(start, candidates) for start in starts]
        best = min(tried, key=lambda one: one[1])
        return best[0], best[1], plain

    def _one_by_one(self, candidates: Sequence[Sequence[Way]]) -> list[Way]:
        """The largest demands first, each where it fills least what it uses."""
        chosen = [ways[0] for ways in candidates]
        self.load = dict.fromkeys(self.capacities, 0.0)

        def fills(demand: int, way: Way) -> tuple[float, int]:
            return self._worst_after(demand, {}, self.lists.shares(way)), len(way)

        for demand in sorted(range(len(chosen)), key=lambda demand: -self.sizes[demand]):
            ways = candidates[demand]
            chosen[demand] = min(ways, key=partial(fills, demand))
            self._add(demand, chosen[demand], 1)
        return chosen

    def _weigh(self, chosen: Sequence[Way]) -> float:
        self.load = dict.fromkeys(self.capacities, 0.0)
        for demand, way in enumerate(chosen):
            self._add(demand, way, 1)
        return max(map(self._use, self.load), default=0.0)

    def _add(self, demand: int, way: Way, sign: int) -> None:
        size = sign * self.sizes[demand]
        for arc, part in self.lists.shares(way).items():
            if arc in self.load:
                self.load[arc] += size * part

    def _use(self, arc: int) -> float:
        return self.load[arc] / self.capacities[arc]

    def _improve(
        self, start: Sequence[Way], candidates: Sequence[Sequence[Way]]
    ) -> tuple[list[Way], float]:
        chosen = list(start)
        self._weigh(chosen)
        for _ in range(_MOVES):
            fullest = max(sorted(self.load), key=self._use, default=None)
            if fullest is None or not self._move_off(fullest, chosen, candidates):
                break
        return chosen, self._weigh(chosen)

    def _move_off(
        self, fullest: int, chosen: list[Way], candidates: Sequence[Sequence[Way]]
    ) -> bool:
        """The single move after which what it touches is emptiest; False if none is better."""
        before = self._use(fullest)
        best: tuple[float, int, Way] | None = None
        for demand, way in enumerate(chosen):
            own = self.lists.shares(way)
            if fullest not in own:
                continue
            for other in candidates[demand]:
                if other == way:
                    continue
                worst = self._worst_after(demand, own, self.lists.shares(other))
                if worst < before * (1 - 1e-9) and (best is None or worst < best[0]):
                    best = worst, demand, other
        if best is None:
            return False
        _, demand, other = best
        self._add(demand, chosen[demand], -1)
        self._add(demand, other, 1)
        chosen[demand] = other
        return True

    def _worst_after(self, demand: int, old: Shares, new: Shares) -> float:
        """The fullest of the adjacencies that the demand leaves or comes to."""
        size = self.sizes[demand]
        return max(
            (
                (self.load[arc] + size * (new.get(arc, 0.0) - old.get(arc, 0.0)))
                / self.capacities[arc]
                for arc in old.keys() | new.keys()
                if arc in self.load
            ),
            default=0.0,
        )
