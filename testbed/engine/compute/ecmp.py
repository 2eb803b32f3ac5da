"""How traffic divides over equal-cost next hops: in equal parts at every router."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from testbed.engine.compute.spf import UNREACHABLE, Routing

Shares = Mapping[int, float]  # by number of an adjacency: the part of a demand on it


def shares(routing: Routing, source: int, target: int) -> Shares:
    """The part of a demand that each adjacency carries; empty if nothing leads there."""
    if (source, target) not in routing.divided:
        routing.divided[source, target] = _divide(routing, source, target)
    return routing.divided[source, target]


def _divide(routing: Routing, source: int, target: int) -> Shares:
    dag = routing.towards(target)
    arriving = {source: 1.0}
    found: dict[int, float] = {}
    while arriving:
        node = max(arriving, key=lambda node: (dag.distance[node], node))
        part = arriving.pop(node)
        arcs = dag.arcs[node]
        for arc in arcs:
            found[arc] = part / len(arcs)
            head = routing.heads[arc]
            arriving[head] = arriving.get(head, 0.0) + found[arc]
    return found


def mean_prices(routing: Routing, target: int, prices: Sequence[float]) -> list[float]:
    """What a unit of traffic pays from each node to the target; infinite if it cannot get there."""
    dag = routing.towards(target)
    found = [float("inf")] * len(routing.nodes)
    for node in sorted(range(len(found)), key=lambda node: dag.distance[node]):
        if dag.distance[node] == UNREACHABLE:
            break
        arcs = dag.arcs[node]
        onward = sum(prices[arc] + found[routing.heads[arc]] for arc in arcs)
        found[node] = onward / len(arcs) if arcs else 0.0
    return found
