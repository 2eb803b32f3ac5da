"""Many demands placed so that the fullest link is as empty as possible; with the distance to the
optimum.

Each demand gets one segment list: the target's node SID, or that of a waypoint before it, or one
of its own. Traffic divides over all equal-cost paths to each, and no packet passes a node twice.
Where there are too many lists to look at them all, a linear program over these lists says which are
worth it. One list per demand is then chosen, and improved by moves of single demands. The bound is
that of any routing whatever, over any paths and in any parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.engine.compute.column_generation import Way, relax
from testbed.engine.compute.filling import Candidates, Filling, capacities_of
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.ways import Lists, Paths, Wish

_ROUNDS = 40


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
    pairs = [(number[demands[i].source], number[demands[i].target]) for i in open_ones]
    lists = Lists(routing, pairs)
    filling = Filling(sizes, routing, lists)
    plain = filling.start(pairs)
    utilisation = fill(filling, choices_of(filling, rounds))
    found = {
        index: tuple(routing.nodes[node] for node in (way or ())[1:])
        for index, way in zip(open_ones, filling.chosen, strict=True)
    }
    nodes = tuple(found.get(index, _plain(routing, d)) for index, d in enumerate(demands))
    bound = least_utilisation(routing, sizes, pairs, rounds=rounds)
    return Placement(nodes, utilisation, plain, min(bound, utilisation))


def _plain(routing: Routing, demand: Demand) -> tuple[str, ...]:
    reached = routing.distance(demand.source, demand.target) is not None
    return (demand.target,) if reached else ()


def least_utilisation(
    routing: Routing,
    sizes: Sequence[float],
    pairs: Sequence[tuple[int, int]],
    wishes: Sequence[Wish] = (),
    rounds: int = _ROUNDS,
) -> float:
    """What no routing can be below, over any paths of which the wishes allow the adjacencies."""
    paths = Paths(routing, pairs, wishes)
    return relax(sizes, capacities_of(routing), len(routing.adjacencies), paths, rounds).bound


@dataclass(frozen=True)
class Choices:
    """Per demand the ways to look at, and a likely one."""

    candidates: Candidates
    likely: Sequence[Way]


def choices_of(filling: Filling, rounds: int = _ROUNDS) -> Choices:
    """All ways where there are few, else those that the linear program finds worth it."""
    lists, sizes, every = filling.lists, filling.sizes, range(len(filling.sizes))
    relaxed = relax(sizes, filling.capacities, filling.arcs, lists, rounds, filling.base)
    likely = [max(sorted(parts), key=parts.__getitem__) for parts in relaxed.parts]
    if lists.few:
        return Choices([lists.all_of(demand) for demand in every], likely)
    both = zip(relaxed.parts, every, strict=True)
    return Choices([sorted({*parts, lists.own(demand)}) for parts, demand in both], likely)


def fill(filling: Filling, choices: Choices) -> float:
    """The ways of the emptiest fullest adjacency that moves find from three starts."""
    own = [filling.lists.own(demand) for demand in range(len(filling.sizes))]
    found: list[tuple[float, list[Way | None]]] = []
    for start in (own, choices.likely, None):
        if start is None:
            filling.start([None] * len(own))
            filling.one_by_one(choices.candidates.__getitem__)
        else:
            filling.start(start)
        found.append((filling.improve(choices.candidates), list(filling.chosen)))
    return filling.start(min(found, key=lambda one: one[0])[1])
