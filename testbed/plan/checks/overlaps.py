"""Finds networks of a plan that overlap: links, loopbacks, pools of pods and of SIDs, Services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from testbed.plan.addressing import ROUTER_SIDS, host_network
from testbed.plan.checks.links import name_of
from testbed.plan.model import Plan
from testbed.plan.problems import Problem
from testbed.plan.subnets import Network


@dataclass(frozen=True)
class Claim:
    """A network that somebody uses. Claims of one `group` are not compared here.

    `fixed`: no option of a topology changes it.
    """

    network: Network
    owner: str
    kind: str
    group: str
    where: str | None
    fixed: bool = False


def overlaps(plan: Plan) -> Iterator[Problem]:
    """Every network that overlaps another one."""
    for claim, other in overlapping(claims(plan)):
        same = claim.network == other.network
        relation = "is also" if same else "overlaps"
        whose = f"{other.owner}'s {other.kind}" + ("" if same else f" {other.network}")
        yield Problem(
            what=f"{claim.kind} {claim.network} {relation} {whose}",
            subject=claim.owner,
            fix=_fix(claim, other),
            where=claim.where or other.where,
        )


def _fix(claim: Claim, other: Claim) -> str:
    for fixed, free in ((claim, other), (other, claim)):
        if fixed.fixed:
            return f"choose a network outside of {fixed.network} for {free.owner}"
    return f"choose another network for {claim.owner} or for {other.owner}"


def overlapping(claims: Iterable[Claim]) -> list[tuple[Claim, Claim]]:
    """Pairs of claims that overlap, the later one of each first; one pair for each later claim."""
    numbered = list(enumerate(claims))
    numbered.sort(
        key=lambda x: (
            x[1].network.version,
            int(x[1].network.network_address),
            x[1].network.prefixlen,
        )
    )
    found: dict[int, tuple[Claim, Claim]] = {}
    around: list[tuple[int, Claim]] = []  # networks that hold the one that is looked at
    for index, claim in numbered:
        while around and not _holds(around[-1][1].network, claim.network):
            around.pop()
        for other_index, other in around:
            if other.group != claim.group:
                later, earlier = (claim, other) if index > other_index else (other, claim)
                found.setdefault(max(index, other_index), (later, earlier))
        around.append((index, claim))
    return [pair for _, pair in sorted(found.items(), key=lambda x: x[0])]


def _holds(outer: Network, inner: Network) -> bool:
    first, last = int(outer.network_address), int(outer.broadcast_address)
    return outer.version == inner.version and first <= int(inner.network_address) <= last


def claims(plan: Plan) -> Iterator[Claim]:
    """Every network of the plan, in plan order."""
    pools = plan.pools
    for name, pool, where in (
        ("pods_v4", pools.pods_v4, pools.where_v4),
        ("pods_v6", pools.pods_v6, pools.where_v6),
    ):
        if pool is not None and plan.cluster:
            yield Claim(pool, name, "pod pool", name, where)
    if plan.cluster:
        yield Claim(pools.policies, "the plan", "policy pool", "SIDs", None, fixed=True)
    if plan.routers:
        yield Claim(
            ROUTER_SIDS, "the plan", "block of router SIDs", "router SIDs", None, fixed=True
        )
    for node in plan.nodes:
        for loopback in node.loopbacks:
            yield Claim(host_network(loopback), node.name, "loopback", "loopbacks", node.where)
        if node.micro_sids is not None:
            yield Claim(node.micro_sids, node.name, "micro SIDs", "micro SIDs", node.where)
        if node.cluster is not None:
            yield Claim(node.cluster.sid_pool, node.name, "SID pool", "SIDs", node.where)
    for index, link in enumerate(plan.links):
        networks = (x.network for port in (link.a, link.b) for x in port.addresses)
        group = f"LAN {link.lan}" if link.lan else f"link {index}"
        for network in dict.fromkeys(networks):
            yield Claim(network, name_of(link), "subnet", group, link.where)
    for lan in plan.lans:
        for address in lan.port.addresses:
            yield Claim(address.network, lan.name, "subnet", f"LAN {lan.name}", lan.where)
