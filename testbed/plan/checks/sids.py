"""Checks of SIDs and their pools."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Address
from itertools import combinations

from testbed.plan.addressing import MICRO_SIDS, MOST_ROUTER
from testbed.plan.checks.links import name_of
from testbed.plan.model import Plan
from testbed.plan.problems import Problem


def sid_pools(plan: Plan) -> Iterator[Problem]:
    """SID pools that overlap each other or the policy pool."""
    for one, other in combinations(plan.cluster, 2):
        assert one.cluster and other.cluster
        if one.cluster.sid_pool.overlaps(other.cluster.sid_pool):
            yield Problem(
                what=f"SID pool {other.cluster.sid_pool} overlaps {one.name}'s "
                f"{one.cluster.sid_pool}",
                subject=other.name,
                fix="give each cluster node a /64 of its own",
                where=other.where,
            )
    for node in plan.cluster:
        assert node.cluster
        if node.cluster.sid_pool.overlaps(plan.pools.policies):
            yield Problem(
                what=f"SID pool {node.cluster.sid_pool} overlaps the policy pool "
                f"{plan.pools.policies}",
                subject=node.name,
                fix="choose another pool",
                where=node.where,
            )


def sids_in_pools(plan: Plan) -> Iterator[Problem]:
    """SIDs outside of their pools."""
    for node in plan.cluster:
        assert node.cluster
        spec = node.cluster
        for kind, sid in (("End.DT4", spec.local_sids.dt4), ("End.DT6", spec.local_sids.dt6)):
            if sid not in spec.sid_pool:
                yield Problem(
                    what=f"{kind} SID {sid} is outside its pool {spec.sid_pool}",
                    subject=node.name,
                    fix=f"choose an address inside {spec.sid_pool}",
                    where=node.where,
                )
        for sid in (spec.binding_sids.v4, spec.binding_sids.v6):
            if sid not in plan.pools.policies:
                yield Problem(
                    what=f"binding SID {sid} is outside the policy pool {plan.pools.policies}",
                    subject=node.name,
                    fix=f"choose an address inside {plan.pools.policies}",
                    where=node.where,
                )


def sids_unique(plan: Plan) -> Iterator[Problem]:
    """SIDs that are there twice."""
    seen: dict[IPv6Address, str] = {}
    for node in plan.cluster:
        assert node.cluster
        spec = node.cluster
        for sid in (
            spec.local_sids.dt4,
            spec.local_sids.dt6,
            spec.binding_sids.v4,
            spec.binding_sids.v6,
        ):
            if sid in seen:
                yield Problem(
                    what=f"SID {sid} is used twice (also by {seen[sid]})",
                    subject=node.name,
                    fix="pin another one",
                    where=node.where,
                )
            seen.setdefault(sid, node.name)


def micro_sids(plan: Plan) -> Iterator[Problem]:
    """With encoding usid: routers and adjacencies for which there are no micro SIDs."""
    if plan.encoding != "usid":
        return
    for router in plan.routers:
        if router.micro_sids is None:
            yield Problem(
                what=f"there are no micro SIDs for number {router.number}",
                subject=router.name,
                fix=f"give routers numbers up to {MOST_ROUTER}, or leave out encoding = 'usid'",
                where=router.where,
            )
    for link in plan.links:
        for port in (link.a, link.b):
            router = plan.node(port.node)
            if port.end_x and router.micro_sids and port.micro_sid is None:
                yield Problem(
                    what=f"{port.node} has more links to routers than micro SIDs for them",
                    subject=name_of(link),
                    fix=f"give a router at most {MICRO_SIDS - 1}, or leave out encoding = 'usid'",
                    where=link.where,
                )
