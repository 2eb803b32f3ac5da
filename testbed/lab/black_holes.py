"""Policies in use that lose every packet, as far as the plan tells: who sees all of the lab.

A head end cannot know it: its default route leads to every address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address

from testbed import usid
from testbed.agent.contract import PolicyStatus
from testbed.te.owners import FORWARDING, Kind, Owners


def black_holes(owners: Owners, head_end: str, policies: Iterable[PolicyStatus]) -> Iterator[str]:
    """A sentence for each waypoint of a chosen policy that nobody has, or that cannot forward."""
    for policy in policies:
        if not policy.chosen:
            continue
        lists = (usid.expanded(map(IPv6Address, x.segments)) for x in policy.segment_lists)
        for sid in dict.fromkeys(sid for sids in lists for sid in sids[:-1]):
            fault = _fault(owners, sid)
            if fault:
                yield (
                    f"{head_end}: the {policy.source} policy to {policy.endpoint} for "
                    f"IPv{policy.family} loses every packet: {fault}"
                )


def _fault(owners: Owners, waypoint: IPv6Address) -> str:
    owned = owners.get(waypoint)
    if owned is None:
        near = owners.closest(waypoint, *FORWARDING)
        return f"no node has the waypoint {waypoint}" + (f"; {near}" if near else "")
    if owned.kind is Kind.HOST:
        return f"its waypoint {waypoint} is on {owned.node}, which does not forward"
    return ""
