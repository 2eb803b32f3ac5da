"""Derives Calico-VPP's SID pool from a plan, and refuses plans that Calico-VPP cannot carry."""

from __future__ import annotations

from ipaddress import IPv6Network

from testbed.errors import TestbedError
from testbed.plan import kubernetes as network
from testbed.plan.model import Plan


def localsid_pool(plan: Plan) -> IPv6Network:
    """The smallest network that holds every node's SID pool (CALICOVPP_SRV6, localsidPool)."""
    pools = [node.cluster.sid_pool for node in plan.cluster if node.cluster]
    found = pools[0]
    while not all(pool.subnet_of(found) for pool in pools):
        found = found.supernet()
    return found


def refuse_unfit(plan: Plan) -> None:
    """Raise TestbedError for a plan that Kubernetes or Calico-VPP's agent would reject."""
    network.families(plan)
    bare = [n.name for n in plan.cluster if plan.address_v4(n.name) is None]
    if plan.pools.pods_v4 and bare:
        raise TestbedError(
            "Calico-VPP announces IPv4 pods only from nodes with an IPv4 address",
            where=plan.topology,
            why=f"{', '.join(bare)}: none",
            fix="give them one (ip=), or the plan no IPv4 pod pool",
        )
    sids = localsid_pool(plan)
    for pool in (plan.pools.pods_v6, plan.pools.policies):
        if pool and pool.overlaps(sids):
            raise TestbedError(
                f"pool {pool} overlaps {sids}, the smallest network that holds all SID pools",
                where=plan.topology,
                why="Calico-VPP takes every address in there for a local SID",
                fix="choose the SID pools (sid_pool=) closer together",
            )
