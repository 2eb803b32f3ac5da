"""Intents on published networks: costs and feasibility as scipy finds them, lists that keep in."""

from __future__ import annotations

import random
from collections.abc import Iterator
from statistics import mean

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.cspf import Infeasible, equal_paths, find_path
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Weight
from testbed.engine.network import Adjacency, Network
from testbed.engine.segments.expand import expand
from testbed.engine.segments.segment import TooManySegments
from testbed.engine.segments.strict import list_along
from testbed.engine.segments.within import list_within
from tests.published import RISKS, coloured, published_keys

WEIGHTS: tuple[Weight, ...] = ("igp", "delay", "hops")
Asked = tuple[str, str, Constraints, Weight]
BY_DAY = ("sndlib/polska", "sndlib/germany50", "topozoo/Abilene", "topozoo/TataNld")
NAMES = [
    *(pytest.param(name, 25, id=f"{name}, 25 intents") for name in BY_DAY),
    *(
        pytest.param(name, 1000, id=f"{name}, 1,000 intents", marks=pytest.mark.night)
        for name in published_keys()
    ),
]


def asked(network: Network, number: int) -> Iterator[Asked]:
    """Two ends, what to avoid, what to make least: the same each time."""
    drawn = random.Random(number)
    names = sorted(network.nodes)
    for turn in range(number):
        source, target = drawn.sample(names, 2)
        others = [name for name in names if name not in (source, target)]
        constraints = Constraints(
            avoid_nodes=frozenset({drawn.choice(others)} if turn % 2 else ()),
            exclude_any=frozenset({"lossy"} if turn % 3 == 0 else ()),
            avoid_srlgs=frozenset({f"duct{drawn.randrange(RISKS)}"} if turn % 5 == 0 else ()),
        )
        yield source, target, constraints, WEIGHTS[turn % 3]


def least_cost(network: Network, one: Asked) -> int | None:
    """By scipy, on the adjacencies that the constraints leave; None if there is no path."""
    source, target, constraints, weight = one
    number = {name: index for index, name in enumerate(sorted(network.nodes))}
    least: dict[tuple[int, int], int] = {}
    for adjacency in network.adjacencies:
        if {adjacency.tail, adjacency.head} & constraints.avoid_nodes:
            continue
        if adjacency.affinity & constraints.exclude_any or adjacency.srlg & constraints.avoid_srlgs:
            continue
        ends = number[adjacency.tail], number[adjacency.head]
        least[ends] = min(least.get(ends, 1 << 30), cost_of(adjacency, weight))
    tails, heads = np.array(list(least) or [(0, 0)]).T[:, : len(least)]
    graph = coo_array((np.array(list(least.values())), (tails, heads)), shape=(len(number),) * 2)
    found = dijkstra(graph.tocsr(), indices=number[source])[number[target]]
    return None if np.isinf(found) else int(found)


def cost_of(adjacency: Adjacency, weight: Weight) -> int:
    """Written apart from the engine's."""
    return {"igp": adjacency.metric, "delay": adjacency.delay_us, "hops": 1}[weight]


@pytest.mark.parametrize(("name", "number"), NAMES)
def test_costs_feasibility_and_lists(name: str, number: int) -> None:
    network = coloured(name)
    routing = Routing(network)
    lengths, hops = [], []
    for one in asked(network, number):
        source, target, constraints, weight = one
        path, least = (
            find_path(network, source, target, constraints, weight),
            least_cost(network, one),
        )
        if isinstance(path, Infeasible):
            assert least is None, one
            continue
        assert sum(cost_of(adjacency, weight) for adjacency in path) == least, one
        ways = equal_paths(network, source, target, constraints, weight)
        assert frozenset(path) <= ways
        along, within = list_along(routing, path), list_within(routing, source, target, ways)
        assert along is not None and not isinstance(along, TooManySegments)
        assert within is not None and not isinstance(within, TooManySegments)
        for segments, allowed in ((along, frozenset(path)), (within, ways)):
            led = expand(routing, source, segments)
            assert led.end == target and led.adjacencies <= allowed and not led.twice, one
        assert len(within) <= len(along) <= len(path) + 1
        lengths.append(len(within))
        hops.append(len(path))
    assert lengths, "no intent could be satisfied: nothing was tested"
    print(f"{name}: {mean(lengths):.2f} segments (longest {max(lengths)}), {mean(hops):.1f} hops")
