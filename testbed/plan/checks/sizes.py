"""Checks of sizes: MTUs of links, and blocks of the pods' pools."""

from __future__ import annotations

from collections.abc import Iterator

from testbed.plan import mtu
from testbed.plan.checks.links import name_of
from testbed.plan.model import Plan
from testbed.plan.mtu import IPV6_MIN_MTU
from testbed.plan.problems import Problem


def link_mtu(plan: Plan) -> Iterator[Problem]:
    """Links that leave pods, or IPv6, too small an MTU."""
    nodes = {node.name for node in plan.cluster}
    for link in plan.tunnel_links:
        usable = plan.mtu_for_tunnels(link)
        left, kept = mtu.pod_mtu(usable, plan.max_segments), link.mtu - usable
        if left < IPV6_MIN_MTU:
            owners = nodes & {link.a.node, link.b.node}
            yield Problem(
                what=f"MTU {link.mtu} leaves pods {left} bytes with "
                f"{plan.max_segments} segments ({mtu.reserve(plan.max_segments)} bytes of "
                f"outer headers{_repair(kept)}); IPv6 needs {IPV6_MIN_MTU}",
                subject=min(owners) if owners else name_of(link),
                fix=f"raise the link's mtu to {mtu.tunnel_mtu_for(plan.max_segments) + kept} "
                "or lower max_segments",
                where=link.where,
            )
    for link in plan.links:
        if link.mtu < IPV6_MIN_MTU:
            yield Problem(
                what=f"MTU {link.mtu} is under IPv6's {IPV6_MIN_MTU}",
                subject=f"{link.a.node}-{link.b.node}",
                fix=f"mtu={IPV6_MIN_MTU} or more",
                where=link.where,
            )


def _repair(kept: int) -> str:
    return f", and {kept} of local repair" if kept else ""


def pod_blocks(plan: Plan) -> Iterator[Problem]:
    """Pools of pods that have no block of addresses for every cluster node."""
    pools = plan.pools
    for name, pool, length, where in (
        ("pods_v4", pools.pods_v4, pools.block_v4, pools.where_v4),
        ("pods_v6", pools.pods_v6, pools.block_v6, pools.where_v6),
    ):
        if pool is None or not plan.cluster:
            continue
        blocks = 1 << max(length - pool.prefixlen, 0) if pool.prefixlen <= length else 0
        if blocks < len(plan.cluster):
            needed = length - (len(plan.cluster) - 1).bit_length()
            yield Problem(
                what=f"pool {pool} has {blocks} blocks of a /{length} for "
                f"{len(plan.cluster)} cluster nodes",
                subject=name,
                fix=f"a /{needed} or a shorter prefix",
                where=where,
            )
