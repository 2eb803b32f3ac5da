"""Chooses the IPPools that a pod's address of one family may come from. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from testbed.agent.model.objects import IpAddress, IPPool
from testbed.agent.model.pod_wish import PodWish, WishRefused


def for_everybody(pools: Iterable[IPPool]) -> list[IPPool]:
    """Those that give addresses to pods that ask for nothing, in any namespace."""
    return [pool for pool in pools if not pool.manual and pool.namespaces is None]


def in_turn(
    wish: PodWish, family: int, offered: Sequence[IPPool], known: Iterable[IPPool]
) -> list[list[IPPool]]:
    """Groups of pools, of which each is tried before the next.

    `offered` are the pools of that family that this node serves, `known` all pools. Raises
    WishRefused if the pod names a pool that it cannot have.
    """
    if named := wish.pools.get(family):
        return [[_find(name, family, offered, known) for name in named]]
    automatic = [pool for pool in offered if not pool.manual]
    own = [pool for pool in automatic if pool.selects_namespace(wish.namespace_labels)]
    return [group for group in (own, for_everybody(automatic)) if group]


def _find(name: str, family: int, offered: Sequence[IPPool], known: Iterable[IPPool]) -> IPPool:
    for pool in offered:
        if _is_called(pool, name):
            return pool
    there = next((pool for pool in known if _is_called(pool, name)), None)
    if there is None:
        raise WishRefused(f"the given IPPool {name[:80]} does not exist")
    raise WishRefused(f"the given IPPool {there.name} {_why_not(there, family)}")


def _why_not(pool: IPPool, family: int) -> str:
    if not pool.for_pods:
        return "holds SIDs, not addresses of pods"
    if pool.family != family:
        return f"({pool.cidr}) has no IPv{family} addresses"
    if not pool.workloads:
        return "is not for pods: its allowedUses lack Workload"
    if pool.disabled:
        return "is disabled"
    return "is not for pods of this node: see its nodeSelector, and `testbed status`"


def _is_called(pool: IPPool, name: str) -> bool:
    try:
        return pool.name == name or pool.cidr == ip_network(name)
    except ValueError:
        return False


def holding(address: IpAddress, offered: Iterable[IPPool]) -> IPPool:
    """The pool from which a pod of this node can have this address; raises WishRefused."""
    for pool in offered:
        if address in pool.cidr:
            return pool
    raise WishRefused(f"no IPPool for pods of this node holds the given address {address}")
