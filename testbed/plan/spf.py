"""Computes shortest paths of a plan: the routes IS-IS must install, and the possible paths.

With equal-cost multipath throughout: every function returns all paths or interfaces, not one.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Address, IPv6Network

import networkx as nx

from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean
from testbed.plan.addressing import host_network
from testbed.plan.model import Lan, Node, Plan, Role

Prefix = IPv4Network | IPv6Network
Routes = dict[Prefix, frozenset[str]]
Path = tuple[str, ...]

# A grid has more equal-cost paths than anybody wants to read.
MOST_PATHS = 64


def demanded_routes(plan: Plan) -> dict[str, Routes]:
    """For every router: prefix → the outgoing interfaces that IS-IS must install for it.

    IPv6 and IPv4, without what the router originates itself (connected, or a static route to
    its locator or a SID pool), and without prefixes of a part of the network that it cannot reach.
    """
    distances = _compute_distances(plan)
    originators = find_originators(plan)
    return {
        router.name: _routes_of(plan, router.name, distances, originators)
        for router in plan.routers
    }


def wide_routes(plan: Plan, most: int) -> Iterator[tuple[str, Prefix, frozenset[str]]]:
    """Routers with a route over more than `most` interfaces: the first such route of each."""
    routers = {router.name for router in plan.routers}
    wide = [
        name
        for name in routers
        if sum(link.peer(name).node in routers for link in plan.links_of(name)) > most
    ]
    if not wide:
        return
    distances, originators = _compute_distances(plan), find_originators(plan)
    for name in sorted(wide):
        routes = _routes_of(plan, name, distances, originators)
        found = next(((p, ports) for p, ports in routes.items() if len(ports) > most), None)
        if found is not None:
            yield name, *found


def longest_distance(plan: Plan) -> int:
    """The metric of the longest of all shortest paths from a router to a prefix."""
    distances = _compute_distances(plan)
    originators = find_originators(plan)
    return max(
        (
            min(own[o] + metric for o, metric in metrics.items() if o in own)
            for router, own in distances.items()
            for metrics in originators.values()
            if router not in metrics and not own.keys().isdisjoint(metrics)
        ),
        default=0,
    )


def _routes_of(
    plan: Plan,
    router: str,
    distances: dict[str, dict[str, int]],
    originators: dict[Prefix, dict[str, int]],
) -> Routes:
    own = distances[router]
    hops = {target: _first_hops(plan, router, target, distances) for target in own}
    routes: Routes = {}
    for prefix, metrics in originators.items():
        if router in metrics:
            continue
        costs = {o: own[o] + metric for o, metric in metrics.items() if o in own}
        if costs:
            best = min(costs.values())
            routes[prefix] = frozenset().union(*(hops[o] for o in costs if costs[o] == best))
    return routes


def _first_hops(
    plan: Plan, router: str, target: str, distances: dict[str, dict[str, int]]
) -> frozenset[str]:
    """Interfaces that a shortest path from `router` to `target` may begin with."""
    found = set()
    for link in plan.links_of(router):
        onward = distances.get(link.peer(router).node, {}).get(target)
        if onward is not None and link.metric + onward == distances[router][target]:
            found.add(link.end(router).interface)
    return frozenset(found)


def find_originators(plan: Plan) -> dict[Prefix, dict[str, int]]:
    """Every prefix in IS-IS → the routers that advertise it, with their metric for it."""
    found: dict[Prefix, dict[str, int]] = {}

    def advertise(prefix: Prefix, router: str, metric: int) -> None:
        metrics = found.setdefault(prefix, {})
        metrics[router] = min(metric, metrics.get(router, metric))

    for router in plan.routers:
        for loopback in router.loopbacks:
            advertise(host_network(loopback), router.name, 0)
        if router.locator is not None:
            advertise(router.locator, router.name, 0)
        if router.micro_sids is not None:
            advertise(router.micro_sids, router.name, 0)
        for lan in plan.lans_of(router.name):
            if lan_in_isis(plan, lan):
                for address in lan.port.addresses:
                    advertise(address.network, router.name, lan.metric)
        for link in plan.links_of(router.name):
            port, peer = link.end(router.name), plan.node(link.peer(router.name).node)
            if in_isis(plan, peer):
                for address in port.addresses:
                    advertise(address.network, router.name, link.metric)
            if peer.cluster is not None:
                advertise(peer.cluster.sid_pool, router.name, 0)
    return found


def lan_in_isis(plan: Plan, lan: Lan) -> bool:
    """True if the router advertises a LAN's subnets: if it would those of somebody on it."""
    router = lan.port.node
    return any(in_isis(plan, plan.node(x.peer(router).node)) for x in plan.members_of(lan))


def in_isis(plan: Plan, neighbour: Node) -> bool:
    """True if the router advertises the subnet that it shares with this neighbour."""
    if neighbour.role is not Role.HOST:
        return True
    if plan.profile == "paper":
        return neighbour.data_centre
    return neighbour.advertised


def _build_graph(plan: Plan) -> nx.Graph[str]:
    """The graph of routers; the cheapest of parallel links gives the weight."""
    graph: nx.Graph[str] = nx.Graph()
    routers = {r.name for r in plan.routers}
    graph.add_nodes_from(routers)
    for link in plan.links:
        a, b = link.a.node, link.b.node
        if {a, b} <= routers and link.metric < graph.get_edge_data(a, b, {"m": 1 << 31})["m"]:
            graph.add_edge(a, b, m=link.metric)
    return graph


def _compute_distances(plan: Plan) -> dict[str, dict[str, int]]:
    """IS-IS distance from every router to every router that it can reach."""
    return {
        source: {target: int(cost) for target, cost in costs.items()}
        for source, costs in nx.all_pairs_dijkstra_path_length(_build_graph(plan), weight="m")
    }


def path_sets(plan: Plan, src: str, dst: str, most: int = MOST_PATHS) -> list[Path]:
    """All equal-cost paths between two nodes of any role, as node names with both ends.

    Sorted; at most `most` of them. Empty if there is no way. Raises TestbedError for a name
    that the plan does not have.
    """
    for name in (src, dst):
        if name not in plan.by_name:
            fix = did_you_mean(name, plan.by_name) or f"there are: {', '.join(plan.by_name)}"
            raise TestbedError(f"no node {name!r} in topology {plan.topology!r}", fix=fix)
    if src == dst:
        return [(src,)]
    graph = _build_graph(plan)
    for name in (src, dst):  # only the ends may be anything but routers
        if name not in graph:
            link = plan.uplink(name)
            graph.add_edge(name, link.peer(name).node, m=link.metric)
    try:
        return sorted(_take_at_most(nx.all_shortest_paths(graph, src, dst, weight="m"), most))
    except nx.NetworkXNoPath:
        return []


def _take_at_most(paths: Iterator[list[str]], most: int) -> Iterator[Path]:
    for path, _ in zip(paths, range(most), strict=False):
        yield tuple(path)


def sid_owner(plan: Plan, sid: IPv6Address) -> str | None:
    """The node where a packet to this SID is processed: its address, or inside its SID pool."""
    owner = plan.owner(sid)
    if owner is not None:
        return owner
    pools = ((n.name, n.cluster.sid_pool) for n in plan.cluster if n.cluster)
    return next((name for name, pool in pools if sid in pool), None)
