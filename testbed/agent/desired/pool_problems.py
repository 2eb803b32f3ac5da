"""What is wrong with the pools, for people: pods keep what they have, new ones get nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from testbed.agent.ipam.addresses import overlaps
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.objects import IPPool, Report

_SHOWN = 3  # pods named in a sentence


def problems(
    pools: Iterable[IPPool],
    pods: Iterable[Attachment],
    obstacle: Callable[[IPPool], str] = lambda _: "",
) -> list[str]:
    """One sentence per pool that cannot be used, and one about pods outside of all pools.

    `obstacle` says why this node cannot serve pods of a pool; empty if it can.
    """
    pools = list(pools)
    return [report.why for report in reports(pools, obstacle)] + _find_pods_outside(pools, pods)


def reports(
    pools: Iterable[IPPool], obstacle: Callable[[IPPool], str] = lambda _: ""
) -> list[Report]:
    """One sentence per pool that cannot be used."""
    pools = list(pools)
    found = [
        Report(pool.ref, f"IPPool {pool.name} is not used: {why}")
        for pool in pools
        if (why := obstacle(pool))
    ]
    for pool, older in overlaps(pools).items():
        effect = "pods get no address from it" if pool.for_pods else "its SIDs may be pods' too"
        sentence = (
            f"IPPool {pool.name} ({pool.cidr}) overlaps IPPool {older.name} ({older.cidr}), "
            f"which was there first: {effect}"
        )
        found.append(Report(pool.ref, sentence))
    return found


def _find_pods_outside(pools: list[IPPool], pods: Iterable[Attachment]) -> list[str]:
    """A pool was deleted or shrank while pods use it."""
    cidrs = [pool.cidr for pool in pools if pool.for_pods]
    outside = [
        f"{pod.name} has {address}"
        for pod in pods
        for address in pod.addresses
        if not any(address in cidr for cidr in cidrs)
    ]
    if not outside:
        return []
    more = f" and {len(outside) - _SHOWN} more" if len(outside) > _SHOWN else ""
    named = ", ".join(outside[:_SHOWN]) + more
    return [f"no IPPool covers these addresses any more; their pods keep them: {named}"]
