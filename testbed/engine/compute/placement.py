"""Many demands placed so that the fullest link is as empty as possible; with the distance to the
optimum.

Each demand gets one segment list: the target's node SID, or that of a waypoint before it. Traffic
divides over all equal-cost paths to each, and no packet passes a node twice. Where there are too
many lists to look at them all, a linear program over these lists says which are worth it. One list
per demand is then chosen, and improved by moves of single demands. The bound is that of any routing
whatever, over any paths and in any parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from testbed.engine.compute.column_generation import Relaxed, Way, relax
from testbed.engine.compute.ecmp import Shares
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.ways import Lists, Paths

_ROUNDS = 40
_MOVES = 2000


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
    lists = Lists(routing, pairs)
    over_lists = relax(sizes, capacities, arcs, lists, rounds)
    over_paths = relax(sizes, capacities, arcs, Paths(routing, pairs), rounds)
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


class _Rounding:
    """One way per demand out of those of the linear program; then moves off the fullest link."""

    def __init__(
        self,
        sizes: Sequence[float],
        pairs: Sequence[tuple[int, int]],
        capacities: Mapping[int, float],
        lists: Lists,
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
