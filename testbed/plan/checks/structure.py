"""Checks of who is linked to whom."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx

from testbed.plan.model import Plan, Role
from testbed.plan.problems import Problem


def connected(plan: Plan) -> Iterator[Problem]:
    """Routers that no path reaches."""
    routers = [r.name for r in plan.routers]
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(routers)
    graph.add_edges_from(
        (x.a.node, x.b.node) for x in plan.links if x.a.node in graph and x.b.node in graph
    )
    if not routers:
        yield Problem(what="there is no router", subject=plan.topology, fix="self.addRouter('r1')")
        return
    reached = nx.node_connected_component(graph, routers[0])
    for router in plan.routers:
        if router.name not in reached:
            yield Problem(
                what=f"not connected to {routers[0]}",
                subject=router.name,
                fix=f"self.addLink({routers[0]!r}, {router.name!r})",
                where=router.where,
            )


def attachments(plan: Plan) -> Iterator[Problem]:
    """Nodes other than routers that have not one link to a router."""
    for node in plan.nodes:
        if node.role is Role.ROUTER:
            continue
        links = plan.links_of(node.name)
        routers = [x for x in links if plan.node(x.peer(node.name).node).role is Role.ROUTER]
        kind = "cluster node" if node.role is Role.CLUSTER else node.role.value
        if len(routers) != 1 or len(links) != 1:
            yield Problem(
                what=f"{kind} needs exactly one link, to a router; it has {len(links)} "
                f"({len(routers)} to routers)",
                subject=node.name,
                fix=_one_link(plan, node.name, bool(links)),
                where=node.where,
            )


def _one_link(plan: Plan, name: str, linked: bool) -> str:
    if linked or not plan.routers:
        return f"leave {name} one link, to a router"
    return f"self.addLink({plan.routers[0].name!r}, {name!r})"


def control_plane(plan: Plan) -> Iterator[Problem]:
    """Clusters that have not one control plane, from the start."""
    chosen = [n for n in plan.cluster if n.cluster and n.cluster.control_plane]
    for node in chosen[1:]:
        yield Problem(
            what=f"control_plane=True, and {chosen[0].name} is the control plane",
            subject=node.name,
            fix="leave it out at one of them",
            where=node.where,
        )
    for node in chosen[:1]:
        if node.cluster and node.cluster.joins_later:
            yield Problem(
                what="the control plane cannot join later",
                subject=node.name,
                fix="leave joins_later out, or give another cluster node control_plane=True",
                where=node.where,
            )
    if plan.cluster and not chosen:
        yield Problem(
            what="no cluster node is the control plane",
            subject=plan.cluster[0].name,
            fix="leave control_plane=False out",
            where=plan.cluster[0].where,
        )
