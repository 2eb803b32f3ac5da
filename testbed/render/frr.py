"""Renders the FRR configuration of a router."""

from __future__ import annotations

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
        net=net(router.number),
    )


def net(number: int) -> str:
    """The paper's 47.0001.NNNN.NNNN.NNNN.00: 1111 for r1, 0012 for r12."""
    group = str(number) * 4 if number < 10 else f"{number:04d}"
    return f"47.0001.{group}.{group}.{group}.00"
