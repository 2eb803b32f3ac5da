"""Looks up nodes by the names that objects and policies use."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from testbed.plan.model import Plan
from testbed.te.lint.findings import Finding
from testbed.te.owners import closest_name


def addresses(plan: Plan, name: str) -> list[IPv4Address | IPv6Address]:
    """All of a node's addresses, those of its loopback first."""
    ports = (address.ip for port in plan.ports_of(name) for address in port.addresses)
    return [*plan.node(name).loopbacks, *ports]


def unknown_node(plan: Plan, name: str, where: str) -> Finding:
    """The finding on a name that is no cluster node, with the node that was probably meant."""
    names = [n.name for n in plan.cluster]
    if name in plan.by_name:
        what = f"{name} is a {plan.node(name).role.value}, not a cluster node"
    else:
        what = f"unknown node {name}"
    fix = closest_name(name, names) or f"the cluster nodes are {', '.join(names) or 'none'}"
    return Finding("error", where, what, fix)
