"""The policies that packets can enter by binding SIDs now, as the head ends report them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address

from testbed.agent.contract import INSTALLED, NodeStatus
from testbed.srpolicy.model import Candidate
from testbed.srpolicy.stitching import segment_list


def bound_policies(statuses: Iterable[NodeStatus]) -> list[Candidate]:
    """Each with the head end that has installed its binding SID."""
    return [
        Candidate(
            endpoint=IPv6Address(policy.endpoint),
            segment_lists=tuple(
                segment_list(map(IPv6Address, item.segments), item.weight)
                for item in policy.segment_lists
            ),
            color=policy.color,
            binding_sid=IPv6Address(policy.binding_sid),
            head_ends=(status.node,),
        )
        for status in statuses
        for policy in status.policies
        if policy.binding_sid and policy.binding_sid_state == INSTALLED
    ]
