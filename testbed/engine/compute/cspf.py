"""Constrained shortest path first: a path, all equally good ones, or the constraints at fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from testbed.engine.compute.conflict import smallest_conflict
from testbed.engine.compute.constraints import Constraint, Constraints, together
from testbed.engine.compute.label_setting import cheapest
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Path, Weight
from testbed.engine.network import Adjacency, Network

NO_CONSTRAINTS = Constraints()


@dataclass(frozen=True)
class Infeasible:
    """There is no such path.

    `conflict`: the fewest constraints that are to blame; empty if nothing leads there at all.
    """

    source: str
    target: str
    conflict: tuple[Constraint, ...]

    def __str__(self) -> str:
        between = f"from {self.source} to {self.target}"
        if not self.conflict:
            return f"no path {between} at all"
        return f"no path {between} with: {'; '.join(map(str, self.conflict))}"


def find_path(
    network: Network,
    source: str,
    target: str,
    constraints: Constraints = NO_CONSTRAINTS,
    weight: Weight = "igp",
) -> Path | Infeasible:
    """The cheapest path within the constraints; of equal ones always the same."""
    found = cheapest(network, source, target, constraints, weight)
    if found is not None:
        return found

    def possible(some: Sequence[Constraint]) -> bool:
        return cheapest(network, source, target, together(some), weight) is not None

    return Infeasible(source, target, smallest_conflict(constraints.each(), possible))


def allowed_network(network: Network, constraints: Constraints) -> Network:
    """The network of those adjacencies that constraints on single adjacencies leave."""
    return replace(network, adjacencies=tuple(filter(constraints.allow, network.adjacencies)))


def equal_paths(
    network: Network,
    source: str,
    target: str,
    constraints: Constraints = NO_CONSTRAINTS,
    weight: Weight = "igp",
) -> frozenset[Adjacency]:
    """Every adjacency of every cheapest path; empty if there is no path.

    Any way through them costs the least. So only for constraints that look at one adjacency
    at a time: a part of two paths within a limit of delay may be beyond it.
    """
    if not constraints.only_filter:
        raise ValueError("these constraints are of a whole path: use find_path")
    if source in constraints.avoid_nodes or target in constraints.avoid_nodes:
        return frozenset()
    return routing_within(network, constraints, weight).all_shortest(source, target)


def routing_within(network: Network, constraints: Constraints, weight: Weight) -> Routing:
    """Shortest paths by those adjacencies that constraints on single adjacencies leave."""
    return Routing(allowed_network(network, constraints), weight)
