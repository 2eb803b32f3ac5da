"""How waypoints are seen to be visited: the owner of each advanced the SRH. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from itertools import groupby

from testbed.plan.model import Plan
from testbed.plan.spf import sid_owner
from testbed.prove.path import Hop, Trace


@dataclass(frozen=True)
class Visit:
    """Consecutive segments of one node: it processes them at once, and no packet is seen between.

    An End.X SID ends a visit: the packet leaves by that link, even if it comes back.

    `left`: the Segments Left with which the packet arrives for the first of them.
    """

    owner: str | None
    sids: tuple[IPv6Address, ...]
    left: int


def list_visits(
    plan: Plan, waypoints: tuple[IPv6Address, ...], bound: frozenset[IPv6Address] = frozenset()
) -> list[Visit]:
    """`bound`: the binding SIDs among them, behind which the packet leaves the node as well."""
    visits = []
    left = len(waypoints)
    for owner, run in groupby(waypoints, lambda sid: sid_owner(plan, sid)):
        for sids in _split_behind(tuple(run), {*plan.adjacencies, *bound}):
            visits.append(Visit(owner, sids, left))
            left -= len(sids)
    return visits


def _split_behind(
    sids: tuple[IPv6Address, ...], last: Container[IPv6Address]
) -> Iterator[tuple[IPv6Address, ...]]:
    """The same in parts, each of which ends with one of `last` (the rest: as it ends)."""
    start = 0
    for end, sid in enumerate(sids, 1):
        if sid in last or end == len(sids):
            yield sids[start:end]
            start = end


def waypoint_complaints(
    plan: Plan,
    one: Trace,
    waypoints: tuple[IPv6Address, ...],
    first: int | None = None,
    bound: frozenset[IPv6Address] = frozenset(),
) -> list[str]:
    """The owner of each waypoint must have received it as destination and advanced the SRH.

    `first`: look at so many of the waypoints only. Those that the egress node itself has are
    looked at where the packet is taken out.
    """
    visits = list_visits(plan, waypoints, bound)
    if first is not None:
        visits = [v for v in visits if len(waypoints) - v.left + len(v.sids) <= first]
    elif last_at_tail(visits, one, bound):
        visits.pop()
    return [complaint for v in visits if (complaint := _visit_complaint(plan, one, v))]


def last_at_tail(visits: list[Visit], one: Trace, bound: frozenset[IPv6Address]) -> bool:
    """Has the egress node the last waypoints too, and takes the packet out at once?"""
    if not visits or one.tail_end is None or visits[-1].sids[-1] in bound:
        return False
    return visits[-1].owner == one.tail_end.node


def _visit_complaint(plan: Plan, one: Trace, visit: Visit) -> str:
    """What is wrong with a visit; empty if it was made. End.X: it leaves by that SID's link."""
    shown = [hop.left.interface for hop in one.hops if hop.left and _shows(hop, visit)]
    listed = join_sids(visit.sids)
    if not shown:
        return f"{visit.owner} never processed segment {listed} (segments left {visit.left})"
    across = plan.adjacencies.get(visit.sids[-1])
    if across is None or across[0].interface in shown:
        return ""
    return f"{visit.owner} sent it by {shown[0]}, segment {listed} by {across[0].interface}"


def _shows(hop: Hop, visit: Visit) -> bool:
    """Did the packet arrive here for the first of the segments, and leave for the one behind?"""
    if hop.node != visit.owner or hop.arrived is None or hop.left is None:
        return False
    return (
        (hop.arrived.outer_dst, hop.arrived.segments_left) == (visit.sids[0], visit.left)
        and (hop.left.segments_left or 0) == visit.left - len(visit.sids)
        and hop.left.outer_dst not in visit.sids
    )


def join_sids(sids: Sequence[IPv6Address]) -> str:
    return ", ".join(map(str, sids))
