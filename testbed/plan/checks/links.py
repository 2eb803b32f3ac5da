"""Checks of links: their ends, names of interfaces, and metrics that IS-IS can use."""

from __future__ import annotations

from collections.abc import Iterator

from testbed.plan.addressing import INTERFACE_NAME_MAX
from testbed.plan.model import Link, Plan, Role
from testbed.plan.problems import Problem
from testbed.plan.spf import longest_distance, wide_routes

MOST_PATH_METRIC = 0xFE000000  # RFC 5305 §4: IS-IS takes nothing farther into account
MOST_NEXT_HOPS = 64  # of a route, as isisd 8.4 keeps them
# names that a cluster node's agent gives to devices of its own
_DEVICES = ("pods-vxlan", "pods-ipip", "srv6-tun")


def name_of(link: Link) -> str:
    """`r1-r2`."""
    return f"{link.a.node}-{link.b.node}"


def self_loops(plan: Plan) -> Iterator[Problem]:
    """Links from a node to itself."""
    for link in plan.links:
        if link.a.node == link.b.node:
            yield Problem(
                what="both ends of the link are on one node",
                subject=name_of(link),
                fix="link two different nodes, or remove it",
                where=link.where,
            )


def interface_names(plan: Plan) -> Iterator[Problem]:
    """Names that Linux or the agents have no room for."""
    for link in plan.links:
        ports = (link.a, link.b) if link.a.node != link.b.node else ()
        longest = max((port.interface for port in ports), key=len, default="")
        if len(longest) > INTERFACE_NAME_MAX:
            yield Problem(
                what=f"interface name {longest!r} has {len(longest)} "
                f"characters, Linux allows {INTERFACE_NAME_MAX}",
                subject=name_of(link),
                fix="shorten one of the two node names",
                where=link.where,
            )
        for port in ports:
            if port.interface in _DEVICES:
                yield Problem(
                    what=f"interface name {port.interface!r} is one of the agent's devices",
                    subject=port.node,
                    fix="rename one of the two nodes",
                    where=link.where,
                )


def te_attributes(plan: Plan) -> Iterator[Problem]:
    """Attributes for path computation on links that no path of an intent takes."""
    for link in plan.links:
        for port in (link.a, link.b):
            if link.te.any and plan.node(port.node).role in (Role.HOST, Role.INJECTOR):
                yield Problem(
                    what="te_delay, capacity, affinity and srlg say nothing here: intents are "
                    "for paths between cluster nodes",
                    subject=name_of(link),
                    fix="leave them out",
                    where=link.where,
                )


def parallel_metrics(plan: Plan) -> Iterator[Problem]:
    """Parallel links of unequal metric: isisd uses them all (FRR issue 19470)."""
    first: dict[frozenset[str], Link] = {}
    for link in plan.links:
        ends = frozenset((link.a.node, link.b.node))
        if len(ends) < 2 or any(plan.node(n).role is not Role.ROUTER for n in ends):
            continue
        other = first.setdefault(ends, link)
        if link.metric != other.metric:
            yield Problem(
                what=f"metric {link.metric}, and {other.metric} on the parallel link "
                f"{other.a.interface}: isisd would use both links alike (FRR issue 19470)",
                subject=name_of(link),
                fix=f"igp_metric={other.metric}, as the other link has it; or put a router "
                "between the two on one of the links",
                where=link.where,
            )


def parallel_count(plan: Plan) -> Iterator[Problem]:
    """More parallel links than a route of IS-IS has next hops."""
    together: dict[frozenset[str], list[Link]] = {}
    for link in plan.links:
        together.setdefault(frozenset((link.a.node, link.b.node)), []).append(link)
    for ends, links in together.items():
        routers = all(plan.node(n).role is Role.ROUTER for n in ends)
        if len(ends) == 2 and routers and len(links) > MOST_NEXT_HOPS:
            surplus = links[MOST_NEXT_HOPS]
            yield Problem(
                what=f"{len(links)} parallel links: isisd uses {MOST_NEXT_HOPS} at most",
                subject=name_of(surplus),
                fix=f"leave out {len(links) - MOST_NEXT_HOPS} of them",
                where=surplus.where,
            )


def next_hops(plan: Plan) -> Iterator[Problem]:
    """More equal-cost ways to one destination than a route of IS-IS has next hops."""
    if any(parallel_count(plan)):
        return  # the cause, which is named
    for router, prefix, interfaces in wide_routes(plan, MOST_NEXT_HOPS):
        used = [x for x in plan.links_of(router) if x.end(router).interface in interfaces]
        surplus, too_many = used[MOST_NEXT_HOPS], len(used) - MOST_NEXT_HOPS
        peers = [link.peer(router).node for link in used]
        yield Problem(
            what=f"{len(used)} equal-cost next hops to {prefix}: isisd uses {MOST_NEXT_HOPS} at "
            "most",
            subject=router,
            fix=f"igp_metric={surplus.metric + 1} for {too_many} of the links that lead there"
            if len(set(peers)) == len(peers)
            else f"leave out {too_many} of the links that lead there",
            where=surplus.where,
        )


def path_metrics(plan: Plan) -> Iterator[Problem]:
    """Shortest paths that are too long for IS-IS."""
    dearest = max((link for link in plan.links), key=lambda link: link.metric, default=None)
    # a shortest path has no more links than there are routers, and one to a host
    if dearest is None or dearest.metric * (len(plan.routers) + 1) <= MOST_PATH_METRIC:
        return
    distance = longest_distance(plan)
    if distance > MOST_PATH_METRIC:
        yield Problem(
            what=f"a shortest path has metric {distance}, IS-IS allows {MOST_PATH_METRIC} "
            "(RFC 5305 §4)",
            subject=name_of(dearest),
            fix="lower the igp_metric of its links",
            where=dearest.where,
        )
