"""The BFD sessions of a running lab: each link between routers has one, up at both ends."""

from __future__ import annotations

import json

from testbed.backbone.vty import ask
from testbed.plan.model import Link, Plan

_UP = "up"


def watched_links(plan: Plan) -> list[Link]:
    """Those whose ends watch each other."""
    if plan.bfd is None:
        return []
    return [link for link in plan.links if {link.a.node, link.b.node} <= plan.router_names]


def up_at(router: str) -> frozenset[str]:
    """The interfaces on which the router has a session that is up. Raises CheckFailed."""
    sessions = json.loads(ask(router, "bfdd", "show bfd peers json"))
    return frozenset(str(one["interface"]) for one in sessions if one["status"] == _UP)


def silent_links(plan: Plan) -> dict[Link, tuple[str, ...]]:
    """Link → the routers that have no session there that is up. Raises CheckFailed."""
    links = watched_links(plan)
    routers = sorted({end for link in links for end in (link.a.node, link.b.node)})
    up = {router: up_at(router) for router in routers}
    found = {
        link: tuple(port.node for port in (link.a, link.b) if port.interface not in up[port.node])
        for link in links
    }
    return {link: ends for link, ends in found.items() if ends}
