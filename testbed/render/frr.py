"""Renders the FRR configuration of a router."""

from __future__ import annotations

from testbed.plan.identifiers import network_entity_title
from testbed.plan.model import Node, Plan, Role
from testbed.render.environment import render


def zebra_conf(plan: Plan, router: Node) -> str:
    """zebra.conf: forwarding only; addresses are in the kernel before zebra starts."""
    return render("frr/zebra.conf.j2", plan=plan, router=router)


def isisd_conf(plan: Plan, router: Node) -> str:
    """isisd.conf: one level-2 area with wide metrics, IPv6 and IPv4."""
    links: list[dict[str, object]] = []
    for link in plan.links_of(router.name):
        peer = plan.node(link.peer(router.name).node)
        if peer.role is not Role.ROUTER and not peer.advertised:
            continue
        links.append(
            {
                "interface": link.end(router.name).interface,
                "metric": link.metric,
                "passive": peer.role is not Role.ROUTER,
            }
        )
    return render(
        "frr/isisd.conf.j2",
        plan=plan,
        router=router,
        links=links,
        timers=plan.timers,
        net=network_entity_title(router.number),
    )
