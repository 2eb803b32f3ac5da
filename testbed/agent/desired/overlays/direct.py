"""Within a subnet: routes to the other node itself, as a pool with CrossSubnet wants it.

No IPPool names this by itself: registry.overlay_of chooses it for the nodes that share a subnet.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from testbed.agent.config import AgentConfig
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.overlays.base import Reach, Remote, Situation, WithoutDevice
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.model import overlay_names


class Direct(WithoutDevice):
    """Routes by the other node's address on the uplink; no device."""

    name = overlay_names.DIRECT
    title = "the subnet"

    def reach(self, remote: Remote, situation: Situation, /) -> Reach:
        """By the node's address of the prefix's family, or else by its IPv6 address."""
        inputs = situation.inputs
        way = Hop(inputs.config.uplink, via=str(_gateway(remote, inputs)))
        source = inputs.source_address(remote.prefix.version)
        return Reach(self.name, (Route(str(remote.prefix), (way,), source=source),))


def _gateway(remote: Remote, inputs: Inputs) -> IPv4Address | IPv6Address:
    if remote.prefix.version == 6:
        return remote.node
    found = (node.v4 for node in inputs.objects.nodes if node.v6 == remote.node and node.v4)
    return next((v4 for v4 in found if shares_subnet(v4, inputs.config)), remote.node)


def shares_subnet(address: IPv4Address | IPv6Address, config: AgentConfig) -> bool:
    """Is this an address of a subnet that this node's uplink is in?"""
    return any(address in subnet for subnet in config.subnets)
