"""An intent as constraints on a path through one network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from testbed.engine.compute.constraints import Constraints
from testbed.engine.decide.ask import Ask
from testbed.engine.network import Adjacency, Network


def constraints_of(ask: Ask, link_names: Mapping[str, str]) -> Constraints:
    """`link_names`: the network's name of a link, by either end's interface."""
    intent = ask.intent
    avoid, require = intent.avoid, intent.require
    return Constraints(
        avoid_nodes=avoid.nodes,
        require_nodes=require.nodes - {ask.source, ask.target},
        avoid_links=frozenset(link_names.get(word, word) for word in avoid.links),
        require_links=frozenset(link_names.get(word, word) for word in require.links),
        exclude_any=avoid.affinity,
        include_all=require.affinity,
        avoid_srlgs=avoid.srlg,
        include_srlgs=require.srlg,
        max_delay_us=intent.max_delay_us,
        bandwidth_mbit=ask.bandwidth_mbit or None,
    )


def network_for(ask: Ask, network: Network, routers: frozenset[str]) -> Network:
    """Links of cluster nodes have what is required of links between routers."""
    require = ask.intent.require
    if not require.affinity and not require.srlg:
        return network

    def seen(adjacency: Adjacency) -> Adjacency:
        if adjacency.tail in routers and adjacency.head in routers:
            return adjacency
        return replace(
            adjacency,
            affinity=adjacency.affinity | require.affinity,
            srlg=adjacency.srlg | require.srlg,
        )

    return replace(network, adjacencies=tuple(map(seen, network.adjacencies)))
