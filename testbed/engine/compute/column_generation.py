"""The least maximal utilisation if demands may be split at will: a linear program by columns.

A column is one way of one demand. The program over the columns so far gives a price to every
adjacency; the cheapest way of each demand at these prices is the next column. What all demands pay
then is a lower bound (Lagrange), valid also where the rounds end before the optimum is reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from testbed.engine.compute.ecmp import Shares

Way = tuple[int, ...]
_TOLERANCE = 1e-6


class Ways(Protocol):
    """Where the ways of demands come from."""

    def cheapest(self, prices: Sequence[float]) -> Sequence[tuple[float, Way]]:
        """Per demand, the price of a unit on its cheapest way, and that way."""
        ...

    def shares(self, way: Way) -> Shares:
        """The part of a demand that each adjacency carries on this way."""
        ...


@dataclass(frozen=True)
class Relaxed:
    """`parts`: of each demand, the part on each of the ways that were looked at."""

    utilisation: float
    bound: float
    parts: tuple[Mapping[Way, float], ...]


def relax(
    sizes: Sequence[float],
    capacities: Mapping[int, float],
    adjacencies: int,
    ways: Ways,
    most: int,
    base: Mapping[int, float] | None = None,
) -> Relaxed:
    """In at most `most` rounds. Every demand must have a way. `base`: load of others, by arc."""
    base = base or {}
    columns: list[dict[Way, Shares]] = [{} for _ in sizes]
    even = [1 / capacities[arc] if arc in capacities else 0.0 for arc in range(adjacencies)]
    _add_new(columns, ways.cheapest(even), ways)
    bound = 0.0
    for _ in range(most):
        utilisation, parts, prices = _solve(sizes, capacities, adjacencies, columns, base)
        priced = ways.cheapest(prices)
        paid = sum(size * price for size, (price, _) in zip(sizes, priced, strict=True))
        paid += sum(mbit * prices[arc] for arc, mbit in base.items())
        bound = max(bound, paid)
        done = utilisation - bound <= _TOLERANCE * max(utilisation, _TOLERANCE)
        if done or not _add_new(columns, priced, ways):
            break
    return Relaxed(utilisation, min(bound, utilisation), tuple(parts))


def _add_new(
    columns: list[dict[Way, Shares]], priced: Sequence[tuple[float, Way]], ways: Ways
) -> bool:
    new = [(own, way) for own, (_, way) in zip(columns, priced, strict=True) if way not in own]
    for own, way in new:
        own[way] = ways.shares(way)
    return bool(new)


def _solve(
    sizes: Sequence[float],
    capacities: Mapping[int, float],
    adjacencies: int,
    columns: Sequence[Mapping[Way, Shares]],
    base: Mapping[int, float],
) -> tuple[float, list[dict[Way, float]], list[float]]:
    """Utilisation, parts and prices. Variables: one per column, and the utilisation."""
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    order = [(demand, way) for demand, own in enumerate(columns) for way in own]
    rows = {arc: row for row, arc in enumerate(sorted(capacities))}
    loads = [
        (rows[arc], column, sizes[demand] * part)
        for column, (demand, way) in enumerate(order)
        for arc, part in columns[demand][way].items()
        if arc in rows
    ]
    loads += [(row, len(order), -capacities[arc]) for arc, row in rows.items()]
    whole = [(demand, column, 1.0) for column, (demand, _) in enumerate(order)]

    def matrix(cells: Sequence[tuple[int, int, float]], height: int) -> object:
        row, column, value = zip(*cells, strict=True)
        return csr_array((value, (row, column)), shape=(height, len(order) + 1))

    result = linprog(
        np.array([0.0] * len(order) + [1.0]),
        A_ub=matrix(loads, len(rows)) if rows else None,
        b_ub=np.array([-base.get(arc, 0.0) for arc in rows]) if rows else None,
        A_eq=matrix(whole, len(sizes)),
        b_eq=np.ones(len(sizes)),
        method="highs",
    )
    if result.x is None:
        raise AssertionError(f"the program has a solution, the solver has none: {result.message}")
    prices = [0.0] * adjacencies
    for arc, row in rows.items():
        prices[arc] = max(0.0, -float(result.ineqlin.marginals[row]))
    parts: list[dict[Way, float]] = [{} for _ in sizes]
    for column, (demand, way) in enumerate(order):
        parts[demand][way] = float(result.x[column])
    return float(result.x[-1]), parts, prices
