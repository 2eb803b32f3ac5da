"""The addresses of a plan that forward by segments, so that they can be waypoints."""

from __future__ import annotations

from ipaddress import IPv6Address

from testbed.plan.model import Plan, Role


def waypoints(plan: Plan) -> list[IPv6Address]:
    """The IPv6 addresses of routers and cluster nodes, and the routers' SIDs, micro SIDs too.

    Other hosts do not forward.
    """
    forwarding = {n.name for n in plan.nodes if n.role in (Role.ROUTER, Role.CLUSTER)}
    loopbacks = (a for n in plan.routers for a in n.loopbacks)
    ports = (port for port in plan.ports if port.node in forwarding)
    interfaces = (a.ip for port in ports for a in port.addresses)
    micro = (n.micro_sid for n in plan.routers)
    found = (*loopbacks, *interfaces, *micro, *plan.adjacencies)
    return list(dict.fromkeys(a for a in found if isinstance(a, IPv6Address)))
