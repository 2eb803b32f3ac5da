"""Checks of the addresses of links' ends and loopbacks, each against all others."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from testbed.plan.checks.links import name_of
from testbed.plan.model import Link, Plan, Role
from testbed.plan.problems import Problem

Address = IPv4Address | IPv6Address


def ends(plan: Plan) -> Iterator[Problem]:
    """Links whose two ends are not in one subnet, or have no address."""
    for link in plan.links:
        roles = {plan.node(port.node).role for port in (link.a, link.b)}
        if link.a.node != link.b.node and Role.ROUTER in roles and link.lan is None:
            yield from _check_ends(link)


def _check_ends(link: Link) -> Iterator[Problem]:
    for family, one, other in ((6, link.a.v6, link.b.v6), (4, link.a.v4, link.b.v4)):
        if one is not None and other is not None:
            if one.network != other.network:
                yield Problem(
                    what=f"the ends are in different subnets: {one} and {other}",
                    subject=name_of(link),
                    fix="give both ends addresses of one subnet, or one end none: it gets "
                    "an address in the other's",
                    where=link.where,
                )
        elif one is not None or other is not None:
            given = link.a if one is not None else link.b
            yield Problem(
                what=f"no address is left in the subnet of {one or other} on {given.node} for "
                f"{link.peer(given.node).node}",
                subject=name_of(link),
                fix="use a shorter prefix, or give both ends an address (params1, params2)",
                where=link.where,
            )
        elif family == 6:
            yield Problem(
                what="no automatic subnet is left: all overlap addresses that are given",
                subject=name_of(link),
                fix="give both ends an IPv6 address (params1, params2)",
                where=link.where,
            )


def unique(plan: Plan) -> Iterator[Problem]:
    """Addresses that are there twice."""
    seen: dict[Address, str] = {}
    for address, owner, where in _all_addresses(plan):
        if address in seen:
            yield Problem(
                what=f"address {address} is also on {seen[address]}"
                if seen[address] != owner
                else f"address {address} is given twice",
                subject=owner,
                fix="give one of them another address"
                if seen[address] != owner
                else "give it once",
                where=where,
            )
        seen.setdefault(address, owner)


def _all_addresses(plan: Plan) -> Iterator[tuple[Address, str, str | None]]:
    for node in plan.nodes:
        for loopback in node.loopbacks:
            yield loopback, f"{node.name} lo", node.where
    for link in plan.links:
        for port in (link.a, link.b):
            for interface in port.addresses:
                yield interface.ip, f"{port.node} {port.interface}", link.where
    for lan in plan.lans:
        for interface in lan.port.addresses:
            yield interface.ip, f"{lan.port.node} {lan.port.interface}", lan.where
