"""What is expected behind binding SIDs: the policies that head ends say they installed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from ipaddress import IPv6Address, IPv6Network

from testbed.agent.contract import INSTALLED, NodeStatus
from testbed.prove.expectation import Entered, Expectation, OneOf, Single, UsesSegments

# By binding SID, the segment lists of its policy.
Installed = Mapping[IPv6Address, tuple[tuple[IPv6Address, ...], ...]]


def installed(statuses: Iterable[NodeStatus]) -> Installed:
    """The binding SIDs of the lab."""
    return {
        IPv6Address(policy.binding_sid): tuple(
            tuple(IPv6Address(sid) for sid in item.segments) for item in policy.segment_lists
        )
        for status in statuses
        for policy in status.policies
        if policy.binding_sid and policy.binding_sid_state == INSTALLED
    }


def stitched(expectation: Expectation, bound: Installed) -> Expectation:
    """The same, with what is expected behind the binding SIDs among its waypoints."""
    if isinstance(expectation, OneOf):
        return OneOf(tuple(_stitch(choice, bound) for choice in expectation.choices))
    if isinstance(expectation, UsesSegments):
        return _with_entered(expectation, bound, frozenset())
    return expectation


def _stitch(choice: Single, bound: Installed) -> Single:
    return _with_entered(choice, bound, frozenset()) if isinstance(choice, UsesSegments) else choice


def _with_entered(
    wanted: UsesSegments, bound: Installed, inside: frozenset[IPv6Address]
) -> UsesSegments:
    """`inside`: the binding SIDs that lead here; one that leads back to itself ends nowhere."""
    entered = tuple(
        Entered(sid, tuple(_of_list(sids, bound, inside | {sid}) for sids in bound[sid]))
        for sid in wanted.waypoints
        if sid in bound and sid not in inside
    )
    return replace(wanted, entered=entered)


def _of_list(
    sids: tuple[IPv6Address, ...], bound: Installed, inside: frozenset[IPv6Address]
) -> UsesSegments:
    return _with_entered(UsesSegments(sids[:-1], IPv6Network(sids[-1])), bound, inside)
