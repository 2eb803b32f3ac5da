"""The VXLAN overlay (RFC 7348) over IPv6, with computed MACs and permanent neighbours.

A route's gateway is a link-local neighbour that stands in for the other node; an entry of the
forwarding database says at which node its MAC is found.
"""

from __future__ import annotations

import hashlib
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

INTERFACE = "pods-vxlan"
VNI, PORT = 4096, 4789  # Calico's network identifier, and the port of RFC 7348


def mac(node: OuterAddress) -> str:
    """The MAC of a node's VXLAN device: locally administered, and everybody can compute it."""
    digest = hashlib.sha256(str(node).encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (2, *digest[:5]))


def neighbour(node: IPv6Address) -> str:
    """The link-local address by which routes name a node behind the VXLAN device."""
    bits = int(mac(node).replace(":", ""), 16)
    return str(IPv6Address(int(IPv6Address("fe80::")) + bits))


class Vxlan:
    """One device to all nodes, for pools of both families."""

    name = overlay_names.VXLAN
    title = "VXLAN"
    device_kind = DeviceKind(
        INTERFACE,
        options=lambda local: (
            f"address {mac(local)} type vxlan id {VNI} local {local} dstport {PORT} nolearning"
        ),
        trial="type vxlan id 1 local 2001:db8::1 dstport 4790",
        fixed={"id": VNI, "port": PORT},
    )

    def obstacle(self, _pool: IPPool, _config: AgentConfig, /) -> str:
        """None."""
        return ""

    def outer_address(self, config: AgentConfig, /) -> OuterAddress | None:
        """The node's IPv6 address."""
        return config.address_v6

    def neighbours(self, nodes: Iterable[IPv6Address], /) -> tuple[IPv6Address, ...]:
        """All of them."""
        return tuple(sorted(set(nodes)))

    def reach(self, remote: Remote, situation: Situation, /) -> Reach:
        """By the neighbour that stands in for the other node."""
        way = Hop(INTERFACE, via=neighbour(remote.node))
        return reach_by_device(self, remote, situation, way)
