"""Policies in use that lose every packet, as far as the plan tells: who sees all of the lab.

A head end cannot know it: its default route leads to every address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address

from testbed.agent.contract import PolicyStatus
from testbed.plan.mtu import reserve
from testbed.srpolicy.stitching import entries, find_cycle, segment_list
from testbed.srpolicy.validity import describe_cycle
from testbed.te.owners import UNPACKING, Kind, Owners
from testbed.te.stitched import outer_bytes


def black_holes(owners: Owners, head_end: str, policies: Iterable[PolicyStatus]) -> Iterator[str]:
    """A sentence for each waypoint of a chosen policy that nobody has, or that cannot forward."""
    for policy in policies:
        if not policy.chosen:
            continue
        for sid in dict.fromkeys(s for item in policy.segment_lists for s in item.segments[:-1]):
            fault = _fault(owners, IPv6Address(sid))
            if fault:
                yield f"{_name(head_end, policy)} loses every packet: {fault}"
        yield from _stitched_faults(owners, head_end, policy)


def _name(head_end: str, policy: PolicyStatus) -> str:
    return f"{head_end}: the {policy.source} policy to {policy.endpoint} for IPv{policy.family}"


def _stitched_faults(owners: Owners, head_end: str, policy: PolicyStatus) -> Iterator[str]:
    """What is wrong with entering other policies: a circle, or no room for their headers."""
    lists = [segment_list(map(IPv6Address, item.segments)) for item in policy.segment_lists]
    if not entries(lists, owners.bound_lists):
        return
    own = IPv6Address(policy.binding_sid) if policy.binding_sid else None
    if cycle := find_cycle(own, lists, owners.bound_lists):
        yield f"{_name(head_end, policy)} loses every packet: {describe_cycle(cycle)}"
        return
    size, room = max(outer_bytes(owners, item) for item in lists), reserve(owners.plan.max_segments)
    if size > room:
        yield (
            f"{_name(head_end, policy)} loses packets of more than "
            f"{owners.plan.tunnel_mtu - size} bytes: with the policies that it enters they carry "
            f"{size} bytes outside, and max_segments {owners.plan.max_segments} leave room for "
            f"{room}"
        )


def _fault(owners: Owners, waypoint: IPv6Address) -> str:
    owned = owners.get(waypoint)
    if owned is None:
        near = owners.closest(waypoint, Kind.END, Kind.END_X, Kind.NODE, Kind.BINDING)
        return f"no node has the waypoint {waypoint}" + (f"; {near}" if near else "")
    if owned.kind in UNPACKING.values():
        return (
            f"its waypoint {waypoint} is {owned.node}'s {owned.kind.value}, which ends the tunnel"
        )
    if owned.kind is Kind.HOST:
        return f"its waypoint {waypoint} is on {owned.node}, which does not forward"
    return ""
