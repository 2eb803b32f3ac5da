"""Renders the FRR configuration of a router."""

from __future__ import annotations

from testbed import usid
from testbed.plan.addressing import ROUTER_SIDS
from testbed.plan.identifiers import (
    bgp_identifiers,
    network_entity_title,
    routed_community,
)
from testbed.plan.model import Bfd, Node, Plan, Role
from testbed.plan.spf import lan_in_isis
from testbed.render.environment import render

BFD_PROFILE = "backbone"


def zebra_conf(plan: Plan, router: Node) -> str:
    """zebra.conf: forwarding only; addresses are in the kernel before zebra starts."""
    return render("frr/zebra.conf.j2", plan=plan, router=router)


def isisd_conf(plan: Plan, router: Node) -> str:
    """isisd.conf: one level-2 area with wide metrics, IPv6 and IPv4."""
    links: list[dict[str, object]] = []
    for link in plan.links_of(router.name):
        peer = plan.node(link.peer(router.name).node)
        if link.lan or (peer.role is not Role.ROUTER and not peer.advertised):
            continue
        links.append(
            {
                "interface": link.end(router.name).interface,
                "metric": link.metric,
                "passive": peer.role is not Role.ROUTER,
            }
        )
    links += [
        {"interface": lan.port.interface, "metric": lan.metric, "passive": True}
        for lan in plan.lans_of(router.name)
        if lan_in_isis(plan, lan)
    ]
    return render(
        "frr/isisd.conf.j2",
        plan=plan,
        router=router,
        links=links,
        timers=plan.timers,
        bfd_profile=BFD_PROFILE if plan.bfd else None,
        edge=router in plan.edge_routers,
        net=network_entity_title(router.number),
        router_sids=ROUTER_SIDS,
        micro_sids=usid.BLOCK if router.micro_sids else None,
        micro_length=2 * usid.BITS,
    )


def bfdd_conf(router: Node, bfd: Bfd) -> str:
    """bfdd.conf: how sessions are, which isisd asks for as its adjacencies come up."""
    return render("frr/bfdd.conf.j2", router=router, bfd=bfd, profile=BFD_PROFILE)


def bgpd_conf(plan: Plan, router: Node) -> str:
    """bgpd.conf of an edge router: a session with each cluster node attached to it."""
    attached = [n for n in plan.cluster if plan.uplink(n.name).peer(n.name).node == router.name]
    return render(
        "frr/bgpd.conf.j2",
        plan=plan,
        router=router,
        router_id=bgp_identifiers(plan)[router.name],
        community=routed_community(plan),
        nodes=[
            {"name": n.name, "v6": plan.address_v6(n.name), "v4": plan.address_v4(n.name)}
            for n in attached
        ],
    )
