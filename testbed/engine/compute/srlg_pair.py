"""Two paths that share no link and no SRLG and cost the least together: an integer program.

To find them is NP-hard (Hu, "Diverse routing in optical mesh networks", 2003). What the search
(`risk_search.py`) does not finish is left to a solver: HiGHS, as scipy brings it.
"""

from __future__ import annotations

from testbed.engine.compute.pair_wanted import PairWanted, Risk
from testbed.engine.compute.weights import Path, weigh

# The solver's tolerances are absolute. Below this, metrics stay as they are, and a microsecond
# is more than 1 beside the longest delay that can be advertised (24 bits, RFC 8570).
MOST_COST = 1e8


def srlg_disjoint_pair(wanted: PairWanted) -> tuple[Path, Path] | None:
    """The cheaper path first; None if there are no two."""
    return _Program(wanted).solve()


class _Program:
    """Variables: for each path and adjacency, is it used; for each path and risk, is it run."""

    def __init__(self, wanted: PairWanted) -> None:
        self.adjacencies = wanted.adjacencies
        self.source, self.target = wanted.source, wanted.target
        self.costs = [weigh(adjacency, wanted.weight) for adjacency in wanted.adjacencies]
        risks: dict[Risk, list[int]] = {}
        for number, adjacency in enumerate(wanted.adjacencies):
            for risk in sorted(wanted.risks_of(adjacency)):
                risks.setdefault(risk, []).append(number)
        self.risks = [numbers for _, numbers in sorted(risks.items())]
        self._at_most_one = [kind != "srlg" for kind, _ in sorted(risks)]
        self.rows: list[dict[int, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def solve(self) -> tuple[Path, Path] | None:
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        size, risks = len(self.adjacencies), len(self.risks)
        for path in range(2):
            self._add_flow(path * size)
            self._add_runs(path * size, 2 * size + path * risks)
        for risk in range(risks):
            self._add({2 * size + risk: 1, 2 * size + risks + risk: 1}, 0, 1)
        self._add_order()
        columns = 2 * size + 2 * risks
        places = [(r, c, value) for r, row in enumerate(self.rows) for c, value in row.items()]
        matrix = csr_array(
            ([p[2] for p in places], ([p[0] for p in places], [p[1] for p in places])),
            shape=(len(self.rows), columns),
        )
        scale = max(max(self.costs, default=1) / MOST_COST, 1)
        objective = np.array([cost / scale for cost in self.costs] * 2 + [0.0] * (2 * risks))
        result = milp(
            objective,
            constraints=LinearConstraint(matrix, self.low, self.high),
            integrality=np.array([1] * (2 * size) + [0] * (2 * risks)),
            bounds=Bounds(0, 1),
            options={"mip_rel_gap": 0},
        )
        if result.x is None:
            return None
        used = [number for number in range(2 * size) if result.x[number] > 0.5]
        pair = [
            self._follow([n for n in used if n < size]),
            self._follow([n - size for n in used if n >= size]),
        ]
        pair.sort(key=lambda path: (sum(self.costs[n] for n in path), path))
        first, second = (tuple(self.adjacencies[n] for n in path) for path in pair)
        return first, second

    def _add(self, row: dict[int, float], low: float, high: float) -> None:
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def _add_flow(self, offset: int) -> None:
        """What arrives at a node leaves it; one unit leaves the source."""
        balance: dict[str, dict[int, float]] = {self.source: {}, self.target: {}}
        for number, adjacency in enumerate(self.adjacencies):
            balance.setdefault(adjacency.tail, {})[offset + number] = 1
            balance.setdefault(adjacency.head, {})[offset + number] = -1
        for node, row in sorted(balance.items()):
            surplus = (node == self.source) - (node == self.target)
            self._add(row, surplus, surplus)

    def _add_runs(self, offset: int, runs: int) -> None:
        """A path that uses an adjacency runs its risks. Of one link or node it uses one."""
        for risk, numbers in enumerate(self.risks):
            if self._at_most_one[risk]:
                self._add({**{offset + n: 1.0 for n in numbers}, runs + risk: -1}, -1, 0)
                continue
            for number in numbers:
                self._add({offset + number: 1, runs + risk: -1}, -1, 0)

    def _add_order(self) -> None:
        """Of two paths that change places only one is looked at: by their first adjacencies."""
        size = len(self.adjacencies)
        leaving = [n for n, a in enumerate(self.adjacencies) if a.tail == self.source]
        row = {n: -float(place) for place, n in enumerate(leaving)}
        row |= {size + n: float(place) for place, n in enumerate(leaving)}
        self._add(row, 1, len(leaving))

    def _follow(self, used: list[int]) -> list[int]:
        onward = {self.adjacencies[number].tail: number for number in used}
        path, at = [], self.source
        while at != self.target:
            path.append(onward[at])
            at = self.adjacencies[onward[at]].head
        return path
