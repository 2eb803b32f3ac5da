"""The SRv6 overlay: the chosen SR Policy of the prefix's node encapsulates (RFC 8986, 9256)."""

from __future__ import annotations

from collections.abc import Iterable

from testbed.agent.contract import DROPPED, PLAIN, SEGMENTS
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.overlays.base import Reach, Remote, Situation, WithoutDevice
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.model import overlay_names
from testbed.srpolicy.model import SegmentList

_MAX_WEIGHT = 256  # of a Linux next hop


class Srv6(WithoutDevice):
    """Encapsulation by routes; no device, and every node can do it."""

    name = overlay_names.SRV6
    title = "SRv6"

    def reach(self, remote: Remote, situation: Situation, /) -> Reach:
        """By the policy in use; a prefix without one is left to the underlay."""
        prefix, node = remote.prefix, remote.node
        policy, dropping = situation.policy, situation.dropping
        if dropping is not None:
            why = f"all policies towards {node} for IPv{prefix.version} are invalid"
            what = f"that with preference {dropping.preference} says so (Drop-Upon-Invalid)"
            routes = (Route(str(prefix), refusal="blackhole"),)
            return Reach(DROPPED, routes, f"packets to {prefix} are dropped: {why}, and {what}")
        if policy is None:
            why = f"no valid IPv{prefix.version} policy towards {node}"
            return Reach(PLAIN, problem=f"{prefix} is left to the underlay: {why}")
        ways = hops(situation.inputs, policy.segment_lists)
        return Reach(SEGMENTS, tuple(situation.forwarding.steer(str(prefix), ways)))


def hops(inputs: Inputs, lists: Iterable[SegmentList], mode: str = "") -> tuple[Hop, ...]:
    """One next hop per different segment list, weights brought into the kernel's range.

    `mode`: of the encapsulation; empty: the one for packets of pods.
    """
    weights: dict[tuple[str, ...], int] = {}
    for item in lists:
        segments = tuple(str(sid) for sid in item.sids)
        weights[segments] = weights.get(segments, 0) + item.weight
    if len(weights) == 1:
        weights = dict.fromkeys(weights, 1)
    largest = max(weights.values(), default=1)
    scale = largest if largest > _MAX_WEIGHT else _MAX_WEIGHT
    red = inputs.capabilities.encap_red
    return tuple(
        sorted(
            Hop(
                inputs.config.uplink,
                max(1, weight * _MAX_WEIGHT // scale),
                mode or ("encap.red" if red and len(segments) == 1 else "encap"),
                segments,
            )
            for segments, weight in weights.items()
        )
    )
