"""What routers protect: the prefixes of a network, grouped by who announces them.

Prefixes that one router announces are reached as that router is. Prefixes that several announce
(the subnet of a link, say) are a node of their own here, behind all of these: then shortest paths
and repairs to it are computed like any others, whichever of them is the nearest before and after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.network import Adjacency, Network

Announced = Mapping[str, Mapping[Prefix, int]]  # by router, with its metric


@dataclass(frozen=True)
class Destination:
    """Prefixes that are reached alike: the node that stands for them, and who announces them."""

    node: str
    prefixes: tuple[Prefix, ...]
    originators: frozenset[str]


def destinations(announced: Announced) -> tuple[Destination, ...]:
    """Every prefix once, in a fixed order."""
    metrics: dict[Prefix, dict[str, int]] = defaultdict(dict)
    for router, own in announced.items():
        for prefix, metric in own.items():
            metrics[prefix][router] = metric
    alike: dict[object, list[Prefix]] = defaultdict(list)
    for prefix, by_router in metrics.items():
        key = next(iter(by_router)) if len(by_router) == 1 else tuple(sorted(by_router.items()))
        alike[key].append(prefix)
    found = (_destination(prefixes, metrics) for prefixes in alike.values())
    return tuple(sorted(found, key=lambda one: one.node))


def _destination(alike: list[Prefix], metrics: Mapping[Prefix, Mapping[str, int]]) -> Destination:
    prefixes = tuple(sorted(alike, key=lambda p: (p.version, int(p.network_address), p.prefixlen)))
    originators = frozenset(metrics[prefixes[0]])
    node = next(iter(originators)) if len(originators) == 1 else str(prefixes[0])
    return Destination(node, prefixes, originators)


def with_destinations(network: Network, announced: Announced) -> Network:
    """The network with a node for each destination that several routers announce."""
    shared = [one for one in destinations(announced) if len(one.originators) > 1]
    behind = tuple(
        Adjacency(router, one.node, f"{router} {one.node}", announced[router][one.prefixes[0]])
        for one in shared
        for router in sorted(one.originators & network.nodes)
    )
    return replace(
        network,
        nodes=network.nodes | {one.node for one in shared},
        adjacencies=network.adjacencies + behind,
    )
