"""What a node announces by BGP: its pods' blocks, and a best-effort policy per own SID.

Blocks that the backbone itself shall route to are marked for the router by a community.
"""

from __future__ import annotations

from testbed.agent.desired.inputs import Inputs, OwnSid
from testbed.agent.desired.overlays.routed import routed_pools
from testbed.agent.ipam.addresses import blocks_of
from testbed.bgp import unicast
from testbed.bgp.model import Announcement, Family
from testbed.errors import TestbedError
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import best_effort


def announce(
    inputs: Inputs, own: tuple[OwnSid, ...]
) -> tuple[frozenset[Announcement], tuple[str, ...]]:
    """The announcements, and a sentence for each policy that cannot be announced."""
    node, used = inputs.config.address_v6, inputs.pod_addresses
    occupied = [block for block in inputs.blocks if any(address in block for address in used)]
    # pods outlive their pool
    blocks = {*blocks_of(inputs.pod_pools, inputs.blocks), *occupied}
    blocks.difference_update(blocks_of(inputs.unexported_pools, blocks))
    routed = set(blocks_of(routed_pools(inputs.config, inputs.pod_pools), blocks))
    mark = inputs.config.gateway.community if inputs.config.gateway else ""
    found = {
        unicast.announce(block, node, community=mark if block in routed else "") for block in blocks
    }
    problems = []
    for sid in own if inputs.capabilities.seg6local else ():
        try:
            found.add(_announce_best_effort(inputs, sid))
        except TestbedError as error:
            problems.append(f"best effort for IPv{sid.family} is not announced: {error.what}")
    return frozenset(found), tuple(problems)


def _announce_best_effort(inputs: Inputs, own: OwnSid) -> Announcement:
    node, binding = inputs.config.address_v6, inputs.config.binding_sids.of(own.family)
    policy = best_effort(node, own.family, own.sid, binding)
    nlri, attributes = codec.encode_nlri(policy.key), codec.encode_attributes(policy, node)
    return Announcement(Family.IPV6_SRPOLICY, nlri, attributes)
