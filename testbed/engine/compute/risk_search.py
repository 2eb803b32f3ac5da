"""Two paths that run no risk in common and cost the least together: a best-first search.

One path grows hop by hop; the other is the shortest that is left beside it. Both together cost at
least what was paid, the least way on, and the other path. This bound only rises, so the first pair
that comes out complete is the best. It counts in whole numbers: a solver's tolerances hide a
difference of 1 beside the metric of a link that is drained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from testbed.engine.compute.pair_wanted import PairWanted, Risk
from testbed.engine.compute.weights import Path, weigh
from testbed.engine.network import Adjacency


class SearchTooLong(Exception):
    """The number of steps was not enough to tell."""


@dataclass(frozen=True)
class _Partial:
    """The beginning of one path, and the cheapest that the other can be beside it."""

    way: Path
    cost: int
    risks: frozenset[Risk]
    other: Path
    other_cost: int


def search_pair(wanted: PairWanted, most_steps: int) -> tuple[Path, Path] | None:
    """The cheaper path first; None if there are no two. SearchTooLong if it gave up."""
    return _Search(wanted).run(most_steps)


class _Search:
    def __init__(self, wanted: PairWanted) -> None:
        self.source, self.target, self.weight = wanted.source, wanted.target, wanted.weight
        self.risks = {adjacency: wanted.risks_of(adjacency) for adjacency in wanted.adjacencies}
        self.out: dict[str, list[Adjacency]] = {}
        self.into: dict[str, list[Adjacency]] = {}
        for adjacency in wanted.adjacencies:
            self.out.setdefault(adjacency.tail, []).append(adjacency)
            self.into.setdefault(adjacency.head, []).append(adjacency)
        self.remaining = {node: cost for node, (cost, _) in self._towards(frozenset()).items()}
        self.beside: dict[frozenset[Risk], tuple[Path, int] | None] = {}

    def run(self, most_steps: int) -> tuple[Path, Path] | None:
        """The search itself."""
        number = 0
        start = self._partial((), 0, frozenset())
        heap = [] if start is None else [(0, number, start)]
        for _ in range(most_steps):
            if not heap:
                return None
            _, _, partial = heappop(heap)
            if self._end(partial) == self.target:
                pair = sorted(
                    [(partial.cost, partial.way), (partial.other_cost, partial.other)],
                    key=lambda priced: priced[0],
                )
                return pair[0][1], pair[1][1]
            for onward in self._extensions(partial):
                number += 1
                bound = onward.cost + self.remaining[self._end(onward)] + onward.other_cost
                heappush(heap, (bound, number, onward))
        raise SearchTooLong

    def _end(self, partial: _Partial) -> str:
        return partial.way[-1].head if partial.way else self.source

    def _extensions(self, partial: _Partial) -> Iterator[_Partial]:
        passed = {self.source, *(a.head for a in partial.way)}
        for adjacency in self.out.get(self._end(partial), ()):
            if adjacency.head in self.remaining and adjacency.head not in passed:
                onward = self._partial(
                    (*partial.way, adjacency),
                    partial.cost + weigh(adjacency, self.weight),
                    partial.risks | self.risks[adjacency],
                )
                if onward is not None:
                    yield onward

    def _partial(self, way: Path, cost: int, risks: frozenset[Risk]) -> _Partial | None:
        if risks not in self.beside:
            self.beside[risks] = self._shortest_without(risks)
        other = self.beside[risks]
        return None if other is None else _Partial(way, cost, risks, *other)

    def _shortest_without(self, risks: frozenset[Risk]) -> tuple[Path, int] | None:
        towards = self._towards(risks)
        if self.source not in towards:
            return None
        path: list[Adjacency] = []
        first = towards[self.source][1]
        while first is not None:
            path.append(first)
            first = towards[first.head][1]
        return tuple(path), towards[self.source][0]

    def _towards(self, avoided: frozenset[Risk]) -> dict[str, tuple[int, Adjacency | None]]:
        """By node: the least cost to the target, and the adjacency that the way begins with."""
        found: dict[str, tuple[int, Adjacency | None]] = {}
        number = 0
        heap: list[tuple[int, int, str, Adjacency | None]] = [(0, number, self.target, None)]
        while heap:
            cost, _, node, first = heappop(heap)
            if node in found:
                continue
            found[node] = cost, first
            for adjacency in self.into.get(node, ()):
                if adjacency.tail not in found and avoided.isdisjoint(self.risks[adjacency]):
                    number += 1
                    through = cost + weigh(adjacency, self.weight)
                    heappush(heap, (through, number, adjacency.tail, adjacency))
        return found
