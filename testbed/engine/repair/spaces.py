"""P-space, extended P-space and Q-space of a failure (RFC 7490 §5.2), with every equal-cost path.

They say why a repair has the segments that it has; the repair itself is not made from them.
"""

from __future__ import annotations

from testbed.engine.compute.spf import UNREACHABLE, Dag, Routing
from testbed.engine.repair.failure import Failure


def p_space(routing: Routing, router: str, failure: Failure) -> frozenset[str]:
    """Nodes that the router reaches by shortest paths none of which the failure touches."""
    return _untouched(routing, routing.away_from(routing.number[router]), failure)


def extended_p_space(routing: Routing, router: str, failure: Failure) -> frozenset[str]:
    """The P-spaces of the router's neighbours that it still has."""
    neighbours = {
        adjacency.head
        for adjacency in routing.network.outgoing[router]
        if not failure.takes(adjacency)
    }
    return frozenset().union(*(p_space(routing, name, failure) for name in neighbours))


def q_space(routing: Routing, destination: str, failure: Failure) -> frozenset[str]:
    """Nodes that reach the destination by shortest paths none of which the failure touches."""
    return _untouched(routing, routing.towards(routing.number[destination]), failure)


def _untouched(routing: Routing, dag: Dag, failure: Failure) -> frozenset[str]:
    lost = {arc for arc, a in enumerate(routing.adjacencies) if failure.takes(a)}
    root = routing.nodes[dag.root]
    if failure.kind == "node" and failure.name == root:
        return frozenset()
    found = {dag.root}
    outwards = range(len(routing.nodes))
    for node in sorted(outwards, key=lambda node: dag.distance[node]):
        if node == dag.root or dag.distance[node] == UNREACHABLE:
            continue
        arcs = dag.arcs[node]
        nearer = ({routing.tails[arc], routing.heads[arc]} - {node} for arc in arcs)
        if lost.isdisjoint(arcs) and all(ends <= found for ends in nearer):
            found.add(node)
    return frozenset(routing.nodes[node] for node in found)
