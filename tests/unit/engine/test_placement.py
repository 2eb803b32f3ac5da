"""Placement of demands: against all placements, and against the flow program as books have it."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from testbed.engine.compute.placement import Demand, place
from testbed.engine.compute.spf import Routing
from testbed.engine.network import Adjacency, Network
from testbed.engine.segments.expand import expand
from testbed.engine.segments.segment import NodeSegment
from tests.engine_networks import both_ways, network, networks

# From s to t: a short way by a, and a longer one by b.
FISH = network(
    both_ways("s", "a", 1, capacity_mbit=10),
    both_ways("a", "t", 1, capacity_mbit=10),
    both_ways("s", "b", 5, capacity_mbit=10),
    both_ways("b", "t", 5, capacity_mbit=10),
)


def test_one_of_two_demands_takes_the_longer_way() -> None:
    found = place(Routing(FISH), [Demand("s", "t", 8), Demand("s", "t", 8)])
    assert sorted(found.nodes) == [("b", "t"), ("t",)]
    assert found.plain == pytest.approx(1.6)
    assert found.utilisation == pytest.approx(0.8)
    assert found.bound == pytest.approx(0.8)
    assert found.gap == pytest.approx(0)


def test_a_demand_that_cannot_be_split_is_above_the_bound() -> None:
    found = place(Routing(FISH), [Demand("s", "t", 8)])
    assert found.utilisation == pytest.approx(0.8)
    assert found.bound == pytest.approx(0.4)
    assert found.gap == pytest.approx(1)


def test_demands_of_nothing_and_to_nowhere() -> None:
    apart = network(both_ways("s", "t", capacity_mbit=10), alone=["u"])
    demands = [Demand("s", "u", 5), Demand("s", "t", 0), Demand("s", "t", 1)]
    found = place(Routing(apart), demands)
    assert found.nodes == ((), ("t",), ("t",))
    assert found.utilisation == pytest.approx(0.1)
    assert place(Routing(apart), []).utilisation == 0


def use(given: Network, demands: list[Demand], nodes: tuple[tuple[str, ...], ...]) -> float:
    """The maximal utilisation in whole fractions, packet stream by packet stream."""
    routing = Routing(given)
    load: dict[Adjacency, Fraction] = {}

    def send(at: str, target: str, mbit: Fraction) -> None:
        hops = routing.next_hops(at, target)
        for adjacency in hops:
            load[adjacency] = load.get(adjacency, Fraction(0)) + mbit / len(hops)
            send(adjacency.head, target, mbit / len(hops))

    for demand, route in zip(demands, nodes, strict=True):
        at = demand.source
        for node in route:
            send(at, node, Fraction(demand.mbit))
            at = node
    used = [float(mbit) / a.capacity_mbit for a, mbit in load.items() if a.capacity_mbit]
    return max(used, default=0.0)


def fractional_optimum(given: Network, demands: list[Demand]) -> float:
    """A variable per demand and adjacency, and one for the utilisation."""
    arcs, names = given.adjacencies, sorted(given.nodes)
    width = len(demands) * len(arcs) + 1
    flows, rest = [], []
    for number, demand in enumerate(demands):
        closed = given.overloaded - {demand.source}
        for name in names:
            row = np.zeros(width)
            for place_, a in enumerate(arcs):
                row[number * len(arcs) + place_] = (a.tail == name) - (a.head == name)
            flows.append(row)
            rest.append(demand.mbit * ((name == demand.source) - (name == demand.target)))
        row = np.zeros(width)
        for place_, a in enumerate(arcs):
            row[number * len(arcs) + place_] = a.tail in closed
        flows.append(row)
        rest.append(0)
    limits = []
    for place_, a in enumerate(arcs):
        if a.capacity_mbit:
            row = np.zeros(width)
            row[[n * len(arcs) + place_ for n in range(len(demands))]] = 1
            row[-1] = -a.capacity_mbit
            limits.append(row)
    objective = np.zeros(width)
    objective[-1] = 1
    found = linprog(
        objective,
        A_ub=np.array(limits) if limits else None,
        b_ub=np.zeros(len(limits)) if limits else None,
        A_eq=np.array(flows),
        b_eq=np.array(rest),
    )
    return float(found.fun)


@settings(max_examples=25, deadline=None)
@given(networks(most=6), st.data())
def test_between_the_bound_and_the_best_placement(given: Network, data: st.DataObject) -> None:
    routing = Routing(given)
    pairs = [
        (a, b)
        for a, b in product(routing.nodes, routing.nodes)
        if a != b and routing.distance(a, b) is not None
    ]
    picked = data.draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=3))
    demands = [Demand(a, b, data.draw(st.sampled_from((1, 5, 20)))) for a, b in picked]
    found = place(routing, demands)
    assert found == place(Routing(given), demands)
    assert found.utilisation == pytest.approx(use(given, demands, found.nodes))
    assert found.plain == pytest.approx(use(given, demands, tuple((d.target,) for d in demands)))
    assert found.utilisation <= found.plain + 1e-9
    assert found.bound == pytest.approx(fractional_optimum(given, demands), abs=1e-5)
    assert found.bound <= found.utilisation + 1e-9
    early = place(routing, demands, rounds=1)
    assert early.bound <= found.bound + 1e-5  # valid also where the program was not solved
    for demand, route in zip(demands, found.nodes, strict=True):
        segments = [NodeSegment(node) for node in route]
        assert expand(routing, demand.source, segments).twice == ()
    assert found.nodes == tuple(
        (*route[:-1], d.target) for route, d in zip(found.nodes, demands, strict=True)
    )
