"""The ranges of a plan that belong to somebody, so that no IPPool may overlap them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from testbed.object_fields.reserved import Reserved
from testbed.plan.addressing import ROUTER_SIDS
from testbed.plan.kubernetes import SERVICES
from testbed.plan.model import Link, Plan, Role


def reserved(plan: Plan) -> list[Reserved]:
    """Loopbacks, links with what is on them, SIDs, Services; each range once."""
    found = [*_loopbacks(plan), *_links(plan), *_sids(plan), *_services(plan)]
    management = plan.provider_traits.management
    found += [Reserved(management, "the machines' management network")] if management else []
    return list({one.network: one for one in reversed(found)}.values())[::-1]


def _loopbacks(plan: Plan) -> Iterator[Reserved]:
    for node in plan.nodes:
        for address in node.loopbacks:
            yield Reserved(ip_network(address), f"{node.name}'s loopback")


def _links(plan: Plan) -> Iterator[Reserved]:
    for link in plan.links:
        for port in (link.a, link.b):
            for interface in port.addresses:
                yield Reserved(interface.network, _name_link(plan, link))
    for lan in plan.lans:
        for interface in lan.port.addresses:
            yield Reserved(interface.network, f"the LAN {lan.name}")


def _name_link(plan: Plan, link: Link) -> str:
    """The link of a host or a node is known by that."""
    for port in (link.a, link.b):
        if plan.node(port.node).role is not Role.ROUTER:
            return f"the subnet of {port.node}"
    return f"the link of {link.a.node} and {link.b.node}"


def _sids(plan: Plan) -> Iterator[Reserved]:
    for node in plan.cluster:
        if node.cluster is not None:
            yield Reserved(node.cluster.sid_pool, f"SIDs of {node.name}", sids=True)
    yield Reserved(plan.pools.policies, "binding SIDs", sids=True)
    yield Reserved(ROUTER_SIDS, "SIDs of routers")
    for router in plan.routers:
        if router.micro_sids is not None:
            yield Reserved(router.micro_sids, f"micro SIDs of {router.name}")


def _services(plan: Plan) -> Iterator[Reserved]:
    if plan.orchestrator_traits.services:
        for network in SERVICES.values():
            yield Reserved(network, "Services")
