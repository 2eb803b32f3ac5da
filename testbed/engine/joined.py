"""The network as it is: routers and links by IS-IS, cluster nodes at its edge by the plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from testbed.engine.from_plan import network_of
from testbed.engine.linkstate.state import LinkState
from testbed.engine.network import Adjacency, Network
from testbed.plan.model import Plan


def whole_network(plan: Plan, state: LinkState, present: Collection[str]) -> Network:
    """Of the routers of a link state and of those cluster nodes that are present."""
    nodes = state.network.nodes | frozenset(present)
    return replace(
        state.network,
        nodes=nodes,
        adjacencies=(*state.network.adjacencies, *_edge(plan, state, nodes)),
    )


def _edge(plan: Plan, state: LinkState, nodes: Collection[str]) -> Iterator[Adjacency]:
    """Links of cluster nodes that are there."""
    cluster = {node.name for node in plan.cluster}
    for adjacency in network_of(plan).adjacencies:
        ends = {adjacency.tail, adjacency.head}
        for node in ends & cluster & set(nodes):
            if ends <= set(nodes) and _is_announced(plan, state, node):
                yield adjacency


def _is_announced(plan: Plan, state: LinkState, node: str) -> bool:
    """Whether its router announces the subnet between them, as it does while the link is up.

    IS-IS says nothing of subnets that are not advertised, and their links count as up.
    """
    port = plan.router_port(node)
    subnets = {address.network for address in port.addresses}
    known = state.prefixes.get(port.node)
    return known is not None and (
        not plan.node(node).advertised or not subnets or not subnets.isdisjoint(known)
    )
