"""Checks a resolved plan; every check yields its problems, and none stops at the first."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from itertools import combinations

import networkx as nx

from testbed.plan import mtu
from testbed.plan.addressing import INTERFACE_NAME_MAX
from testbed.plan.model import Link, Plan, Role
from testbed.plan.mtu import IPV6_MIN_MTU
from testbed.plan.problems import Problem


def validate(plan: Plan) -> list[Problem]:
    """Every structural error of the plan, in plan order."""
    checks = (
        _check_interface_names,
        _check_addresses_unique,
        _check_subnets,
        _check_connected,
        _check_attachments,
        _sid_pools,
        _check_sids_in_pools,
        _check_sids_unique,
        _check_mtu,
    )
    return [problem for check in checks for problem in check(plan)]


def _check_interface_names(plan: Plan) -> Iterator[Problem]:
    for link in plan.links:
        for port in (link.a, link.b):
            if len(port.interface) > INTERFACE_NAME_MAX:
                yield Problem(
                    what=f"interface name {port.interface!r} has {len(port.interface)} "
                    f"characters, Linux allows {INTERFACE_NAME_MAX}",
                    subject=port.node,
                    fix="shorten one of the two node names",
                    where=link.where,
                )


def _check_addresses_unique(plan: Plan) -> Iterator[Problem]:
    seen: dict[IPv4Address | IPv6Address, str] = {}
    for address, owner, where in _all_addresses(plan):
        if address in seen and seen[address] != owner:
            yield Problem(
                what=f"address {address} is also on {seen[address]}",
                subject=owner,
                fix="give one of them another address",
                where=where,
            )
        seen.setdefault(address, owner)


def _all_addresses(plan: Plan) -> Iterator[tuple[IPv4Address | IPv6Address, str, str | None]]:
    for node in plan.nodes:
        for loopback in (node.loopback_v6, node.loopback_v4):
            if loopback is not None:
                yield loopback, f"{node.name} lo", node.where
    for link in plan.links:
        for port in (link.a, link.b):
            for interface in (port.v6, port.v4):
                if interface is not None:
                    yield interface.ip, f"{port.node} {port.interface}", link.where


def _check_subnets(plan: Plan) -> Iterator[Problem]:
    """Links that share a subnet: IS-IS would advertise one prefix from two places."""
    seen: dict[object, Link] = {}
    for link in plan.links:
        for interface in (link.a.v6, link.a.v4):
            if interface is None:
                continue
            if interface.network in seen:
                other = seen[interface.network]
                yield Problem(
                    what=f"subnet {interface.network} is also on {other.a.node}-{other.b.node}",
                    subject=f"{link.a.node}-{link.b.node}",
                    fix="give each link its own subnet",
                    where=link.where,
                )
            seen.setdefault(interface.network, link)


def _check_connected(plan: Plan) -> Iterator[Problem]:
    routers = [r.name for r in plan.routers]
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(routers)
    graph.add_edges_from(
        (x.a.node, x.b.node) for x in plan.links if x.a.node in graph and x.b.node in graph
    )
    if not routers:
        yield Problem(
            what="there is no router", subject=plan.topology, fix="add one with addRouter"
        )
        return
    reached = nx.node_connected_component(graph, routers[0])
    for router in plan.routers:
        if router.name not in reached:
            yield Problem(
                what=f"not connected to {routers[0]}",
                subject=router.name,
                fix=f"addLink({router.name}, …) to a router of the backbone",
                where=router.where,
            )


def _check_attachments(plan: Plan) -> Iterator[Problem]:
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
                fix=f"addLink(router, {node.name})",
                where=node.where,
            )


def _sid_pools(plan: Plan) -> Iterator[Problem]:
    for one, other in combinations(plan.cluster, 2):
        assert one.cluster and other.cluster
        if one.cluster.sid_pool.overlaps(other.cluster.sid_pool):
            yield Problem(
                what=f"SID pool {other.cluster.sid_pool} overlaps {one.name}'s "
                f"{one.cluster.sid_pool}",
                subject=other.name,
                fix="give each cluster node a /64 of its own",
                where=other.where,
            )
    for node in plan.cluster:
        assert node.cluster
        if node.cluster.sid_pool.overlaps(plan.pools.policies):
            yield Problem(
                what=f"SID pool {node.cluster.sid_pool} overlaps the policy pool "
                f"{plan.pools.policies}",
                subject=node.name,
                fix="choose another pool",
                where=node.where,
            )


def _check_sids_in_pools(plan: Plan) -> Iterator[Problem]:
    for node in plan.cluster:
        assert node.cluster
        spec = node.cluster
        for kind, sid in (("End.DT4", spec.local_sids.dt4), ("End.DT6", spec.local_sids.dt6)):
            if sid not in spec.sid_pool:
                yield Problem(
                    what=f"{kind} SID {sid} is outside its pool {spec.sid_pool}",
                    subject=node.name,
                    fix=f"choose an address inside {spec.sid_pool}",
                    where=node.where,
                )
        for sid in (spec.binding_sids.v4, spec.binding_sids.v6):
            if sid not in plan.pools.policies:
                yield Problem(
                    what=f"binding SID {sid} is outside the policy pool {plan.pools.policies}",
                    subject=node.name,
                    fix=f"choose an address inside {plan.pools.policies}",
                    where=node.where,
                )


def _check_sids_unique(plan: Plan) -> Iterator[Problem]:
    seen: dict[IPv6Address, str] = {}
    for node in plan.cluster:
        assert node.cluster
        spec = node.cluster
        for sid in (
            spec.local_sids.dt4,
            spec.local_sids.dt6,
            spec.binding_sids.v4,
            spec.binding_sids.v6,
        ):
            if sid in seen:
                yield Problem(
                    what=f"SID {sid} is used twice (also by {seen[sid]})",
                    subject=node.name,
                    fix="pin another one",
                    where=node.where,
                )
            seen.setdefault(sid, node.name)


def _check_mtu(plan: Plan) -> Iterator[Problem]:
    for node in plan.cluster:
        for link in plan.links_of(node.name):
            left = mtu.pod_mtu(link.mtu, plan.max_segments)
            if left < IPV6_MIN_MTU:
                yield Problem(
                    what=f"MTU {link.mtu} leaves pods {left} bytes with "
                    f"{plan.max_segments} segments ({mtu.reserve(plan.max_segments)} bytes of "
                    f"outer headers); IPv6 needs {IPV6_MIN_MTU}",
                    subject=node.name,
                    fix=f"raise the link's mtu to {mtu.port_mtu_for(plan.max_segments)} "
                    "or lower max_segments",
                    where=link.where,
                )
    for link in plan.links:
        if link.mtu < IPV6_MIN_MTU:
            yield Problem(
                what=f"MTU {link.mtu} is under IPv6's {IPV6_MIN_MTU}",
                subject=f"{link.a.node}-{link.b.node}",
                fix=f"mtu={IPV6_MIN_MTU} or more",
                where=link.where,
            )
