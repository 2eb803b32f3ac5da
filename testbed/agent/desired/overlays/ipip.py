"""The IP-in-IP overlay (RFC 2003): a route's gateway is the other node's IPv4 address."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address

from testbed.agent.config import AgentConfig
from testbed.agent.desired.overlays.base import (
    DeviceKind,
    OuterAddress,
    Reach,
    Remote,
    Situation,
    reach_by_device,
)
from testbed.agent.desired.routes import Hop
from testbed.agent.model import overlay_names
from testbed.agent.model.objects import IPPool

INTERFACE = "pods-ipip"


class IpInIp:
    """One device to all nodes, over IPv4, for pools of IPv4 addresses."""

    name = overlay_names.IPIP
    title = "IP-in-IP"
    device_kind = DeviceKind(
        INTERFACE,
        options=lambda local: f"type ipip local {local} ttl 64",
        trial="type ipip local 192.0.2.1",  # documentation (RFC 5737)
        # A module of IP-in-IP is not loaded by trying: it would show a tunl0 in every namespace.
        module="ipip",
    )

    def obstacle(self, pool: IPPool, config: AgentConfig, /) -> str:
        """IPv6 in the pool, or no IPv4 of the node."""
        if pool.family == 6:
            return "IP-in-IP carries IPv4 only"
        if config.address_v4 is None:
            return "IP-in-IP needs an IPv4 address of this node"
        return ""

    def outer_address(self, config: AgentConfig, /) -> OuterAddress | None:
        """The node's IPv4 address."""
        return config.address_v4

    def neighbours(self, _nodes: Iterable[IPv6Address], /) -> tuple[IPv6Address, ...]:
        """None: the device has no neighbours."""
        return ()

    def reach(self, remote: Remote, situation: Situation, /) -> Reach:
        """By the other node's IPv4 address."""
        nodes = situation.inputs.objects.nodes
        v4 = next((n.v4 for n in nodes if n.v6 == remote.node), None)
        way = Hop(INTERFACE, via=str(v4)) if v4 else f"no IPv4 address of {remote.node} is known"
        return reach_by_device(self, remote, situation, way)
