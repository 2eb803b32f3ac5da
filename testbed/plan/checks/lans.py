"""Checks of LANs: what those on one must have in common."""

from __future__ import annotations

from collections.abc import Iterator

from testbed.plan.addressing import INTERFACE_NAME_MAX
from testbed.plan.checks.links import name_of
from testbed.plan.model import Lan, Plan
from testbed.plan.problems import Problem


def lans(plan: Plan) -> Iterator[Problem]:
    """LANs whose links have different MTUs, whose subnets are full, or whose bridge has no name."""
    for lan in plan.lans:
        yield from _name(lan)
        yield from _mtu(plan, lan)
        yield from _subnets(plan, lan)


def _name(lan: Lan) -> Iterator[Problem]:
    name = lan.port.interface
    if len(name) > INTERFACE_NAME_MAX:
        yield Problem(
            what=f"interface name {name!r} has {len(name)} characters, Linux allows "
            f"{INTERFACE_NAME_MAX}",
            subject=lan.name,
            fix="shorten the name of the switch or of the router",
            where=lan.where,
        )


def _mtu(plan: Plan, lan: Lan) -> Iterator[Problem]:
    for link in plan.members_of(lan):
        if link.mtu != lan.mtu:
            yield Problem(
                what=f"MTU {link.mtu}, and {lan.mtu} on another link of {lan.name}: nobody "
                "fragments within a LAN",
                subject=name_of(link),
                fix=f"mtu={lan.mtu}, or the same for all on {lan.name}",
                where=link.where,
            )


def _subnets(plan: Plan, lan: Lan) -> Iterator[Problem]:
    subnets = {address.network for address in lan.port.addresses}
    for link in plan.members_of(lan):
        port = link.peer(lan.port.node)
        for subnet in sorted(subnets - {x.network for x in port.addresses}, key=str):
            yield Problem(
                what=f"no address is left in {subnet} for {port.node}",
                subject=lan.name,
                fix="use a shorter prefix",
                where=link.where,
            )
        for address in port.addresses:
            if address.network not in subnets:
                yield Problem(
                    what=f"{lan.port.node} has no address in {address.network}, which {port.node} "
                    "is in",
                    subject=lan.name,
                    fix=f"give {lan.port.node} one on its link to {lan.name}, or use a shorter "
                    "prefix",
                    where=link.where,
                )
