"""Predicts the paths between segments, and whether the underlay can reach each of them."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address

import networkx as nx

from testbed.plan.model import Role
from testbed.plan.spf import path_sets
from testbed.te.owners import Owners
from testbed.te.stitched import entered_by

Paths = tuple[tuple[str, ...], ...]  # of equal cost


def legs_of(owners: Owners, source: str, sids: Sequence[IPv6Address]) -> list[Paths]:
    """Per segment, the equal-cost paths from the segment before; empty where there is none.

    An End.X SID's paths have the link that it leads over as their last one. From a binding SID on,
    packets go through its policy, whose own segments are not among these.
    """
    legs: list[Paths] = []
    here: str | None = source
    for sid in sids:
        owned = owners.get(sid)
        target = owned.node if owned else None
        paths = _paths_between(owners, here, target)
        across = owners.plan.adjacencies.get(sid)
        entered = entered_by(owners, sid)
        if entered is not None:  # it goes on from where that policy ends
            end = owners.endpoint(entered.endpoint)
            here = end.name if end else None
            legs.append(paths)
        elif across is not None:  # it leads on, over its link
            here = across[1].node
            legs.append(tuple((*path, here) for path in paths))
        else:
            here = target
            legs.append(paths)
    return legs


def _paths_between(owners: Owners, here: str | None, target: str | None) -> Paths:
    if here is None or target is None:
        return ()
    if here == target:
        return ((here,),)
    try:
        return tuple(tuple(path) for path in path_sets(owners.plan, here, target))
    except (nx.NetworkXNoPath, nx.NodeNotFound):
        return ()


def reached_by_plan(owners: Owners, sid: IPv6Address, head_end: str) -> str | None:
    """Why IS-IS cannot have a route to this address; None if it has one."""
    owned = owners.get(sid)
    if owned is None:
        return "nobody has it"
    node = owners.plan.node(owned.node)
    if node.role is Role.ROUTER:
        return None
    if node.cluster and node.cluster.joins_later:
        return f"{node.name} joins later"
    if not node.advertised and node.name != head_end:
        return f"{node.name}'s network is not advertised in profile {owners.plan.profile}"
    return None


def spelled(path: Sequence[str]) -> str:
    """`r3 → r4 → r6`."""
    return " → ".join(path)
