"""A network as it would be: nodes or links down, metrics changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from testbed.engine.network import Adjacency, Network


def with_down(network: Network, nodes: Collection[str], links: Collection[str]) -> Network:
    """Without these nodes and links, by the network's names."""
    gone = set(nodes)
    return replace(
        network,
        nodes=network.nodes - gone,
        adjacencies=tuple(
            adjacency
            for adjacency in network.adjacencies
            if adjacency.link not in links and not {adjacency.tail, adjacency.head} & gone
        ),
    )


def with_metrics(network: Network, metrics: Mapping[str, int]) -> Network:
    """With these metrics of links, in both directions."""

    def changed(adjacency: Adjacency) -> Adjacency:
        return replace(adjacency, metric=metrics.get(adjacency.link, adjacency.metric))

    return replace(network, adjacencies=tuple(map(changed, network.adjacencies)))
