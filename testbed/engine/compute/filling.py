"""One way per demand, what that makes of the adjacencies, and moves to other ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from testbed.engine.compute.column_generation import Way
from testbed.engine.compute.ecmp import Shares
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.ways import Lists

Candidates = Sequence[Sequence[Way]]  # by demand
_MOVES = 2000
_SAME = 1e-9  # what arithmetic makes of equal utilisations


def capacities_of(routing: Routing) -> dict[int, float]:
    """By number of the adjacency, where it is known."""
    return {arc: a.capacity_mbit for arc, a in enumerate(routing.adjacencies) if a.capacity_mbit}


class Filling:
    """`chosen` by demand; a demand without a way is not carried. `base`: load of others."""

    def __init__(
        self,
        sizes: Sequence[float],
        routing: Routing,
        lists: Lists,
        base: Mapping[int, float] | None = None,
    ) -> None:
        self.sizes, self.lists, self.capacities = sizes, lists, capacities_of(routing)
        self.arcs = len(routing.adjacencies)
        self.base = {arc: (base or {}).get(arc, 0.0) for arc in self.capacities}
        self.load = dict(self.base)
        self.chosen: list[Way | None] = [None] * len(sizes)

    def start(self, ways: Sequence[Way | None]) -> float:
        """With these; their maximal utilisation."""
        self.chosen, load = list(ways), dict(self.base)
        for size, way in zip(self.sizes, ways, strict=True):
            for arc, part in self.shares(way).items():
                if arc in load:
                    load[arc] += size * part
        self.load = load
        return self.utilisation()

    def put(self, demand: int, way: Way | None) -> None:
        """Another way, or none."""
        self._add(demand, self.chosen[demand], -1)
        self._add(demand, way, 1)
        self.chosen[demand] = way

    def _add(self, demand: int, way: Way | None, sign: int) -> None:
        size = sign * self.sizes[demand]
        for arc, part in self.shares(way).items():
            if arc in self.load:
                self.load[arc] += size * part

    def shares(self, way: Way | None) -> Shares:
        """Nothing of no way."""
        return self.lists.shares(way) if way else {}

    def use(self, arc: int) -> float:
        """The utilisation of an adjacency."""
        return self.load[arc] / self.capacities[arc]

    def fullest(self) -> int | None:
        """The fullest adjacency; None if none has a known capacity."""
        return max(sorted(self.load), key=self.use, default=None)

    def utilisation(self) -> float:
        """Of the fullest adjacency."""
        return max(map(self.use, self.load), default=0.0)

    def one_by_one(self, candidates: Callable[[int], Sequence[Way]], goal: float = 0.0) -> float:
        """Those without a way yet, the largest demands first: on their own way where nothing gets
        fuller than the goal by it, else where they fill least."""

        def fills(demand: int, way: Way) -> tuple[float, int]:
            return self.worst_after(demand, way), len(way)

        new = [demand for demand, way in enumerate(self.chosen) if way is None]
        for demand in sorted(new, key=lambda demand: -self.sizes[demand]):
            way = self.lists.own(demand)
            if self.worst_after(demand, way) > goal + _SAME:
                way = min(candidates(demand), key=partial(fills, demand))
            self.put(demand, way)
        return self.start(self.chosen)

    def improve(self, candidates: Candidates, until: float = 0.0) -> float:
        """Move single demands off the fullest adjacency, until it is no fuller than that."""
        for _ in range(_MOVES):
            fullest = self.fullest()
            if fullest is None or self.use(fullest) <= until + _SAME:
                break
            if not self._move_off(fullest, candidates):
                break
        return self.utilisation()

    def _move_off(self, fullest: int, candidates: Candidates) -> bool:
        """The single move after which what it touches is emptiest; False if none is better.

        Of moves that do the same, the last demand's.
        """
        before = self.use(fullest)
        best: tuple[float, int, Way] | None = None
        for demand in reversed(range(len(self.chosen))):
            way = self.chosen[demand]
            if way is None or fullest not in self.shares(way):
                continue
            for other in candidates[demand]:
                if other == way:
                    continue
                worst = self.worst_after(demand, other)
                if worst < before * (1 - _SAME) and (best is None or worst < best[0]):
                    best = worst, demand, other
        if best is None:
            return False
        self.put(best[1], best[2])
        return True

    def worst_after(self, demand: int, way: Way) -> float:
        """The fullest of the adjacencies that the demand leaves or comes to."""
        size, old, new = self.sizes[demand], self.shares(self.chosen[demand]), self.shares(way)
        return max(
            (
                (self.load[arc] + size * (new.get(arc, 0.0) - old.get(arc, 0.0)))
                / self.capacities[arc]
                for arc in old.keys() | new.keys()
                if arc in self.load
            ),
            default=0.0,
        )

    def return_to(self, ways: Sequence[Way | None], goal: float) -> None:
        """Move demands to these ways where nothing gets fuller than the goal by it."""
        for demand, way in enumerate(ways):
            if way and way != self.chosen[demand] and self.worst_after(demand, way) <= goal + _SAME:
                self.put(demand, way)

    def settle(
        self, candidates: Candidates, goal: float, cost: Callable[[int, Way], float]
    ) -> None:
        """Move demands to cheaper ways where nothing gets fuller than the goal by it."""
        moved = True
        while moved:
            moved = False
            for demand, way in enumerate(self.chosen):
                if way is not None and self._cheapen(demand, way, candidates[demand], goal, cost):
                    moved = True

    def _cheapen(
        self,
        demand: int,
        way: Way,
        candidates: Sequence[Way],
        goal: float,
        cost: Callable[[int, Way], float],
    ) -> bool:
        paid = cost(demand, way)
        cheaper = [other for other in candidates if cost(demand, other) < paid * (1 - _SAME)]
        for other in sorted(cheaper, key=partial(cost, demand)):
            if self.worst_after(demand, other) <= goal + _SAME:
                self.put(demand, other)
                return True
        return False
