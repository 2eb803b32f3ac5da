"""How a node's packets enter and leave SRv6, as routes. Pure.

Without Services they do so at the uplink itself. With Services they pass the service veth
(testbed.agent.desired.service_veth), so that conntrack sees both directions of every connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from testbed.agent.config import AgentConfig
from testbed.agent.desired import service_veth, vrf
from testbed.agent.desired.remembered import remember_last
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.model.objects import IpNetwork

# Never assigned: what End.DX4 sends to, so that the packet comes in again by the veth.
_INSIDE_V4 = "169.254.2.1"


class Forwarding(Protocol):
    """The routes of one way to forward."""

    def fixed(self, pools: Iterable[IpNetwork], /) -> list[Route]:
        """What has to be there before any prefix; `pools` are those of pods."""

    def steer(self, prefix: str, hops: tuple[Hop, ...]) -> list[Route]:
        """What sends packets for a remote prefix into these encapsulations."""

    def decapsulate(self, sid: str, family: int) -> list[Route]:
        """What takes packets of an inner family out at a SID of this node."""


@remember_last
def choose_forwarding(config: AgentConfig, has_vrf: bool = False) -> Forwarding:
    """The way that the configuration asks for; `has_vrf`: this kernel has VRFs."""
    if config.services:
        return ServiceVethForwarding(config, has_vrf)
    return UplinkForwarding(config)


class UplinkForwarding:
    """Encapsulation and decapsulation at the uplink, straight from and to the main table."""

    def __init__(self, config: AgentConfig) -> None:
        self._uplink = Hop(config.uplink)

    def fixed(self, _pools: Iterable[IpNetwork], /) -> list[Route]:
        """Nothing."""
        return []

    def steer(self, prefix: str, hops: tuple[Hop, ...]) -> list[Route]:
        """One encapsulating route."""
        return [Route(prefix, hops)]

    def decapsulate(self, sid: str, family: int) -> list[Route]:
        """End.DX4 to 0.0.0.0 forwards by the main table, as End.DT4 would by a VRF."""
        action = {4: "End.DX4 nh4 0.0.0.0", 6: "End.DT6 table 254"}[family]
        return [Route(f"{sid}/128", (self._uplink,), action=action)]


class ServiceVethForwarding:
    """The main table leads to the service veth, whose other end has the encapsulations."""

    def __init__(self, config: AgentConfig, has_vrf: bool = False) -> None:
        self._uplink = Hop(config.uplink)
        self._vrf = has_vrf
        self._sources = {4: config.address_v4, 6: config.address_v6}

    def fixed(self, pools: Iterable[IpNetwork], /) -> list[Route]:
        """The way back in, and an end for pod addresses without a policy, which would circle.

        Only the pools: encapsulated packets are routed by the same table.
        """
        inwards = (Hop(service_veth.TUNNEL, via=service_veth.TO_INSIDE),)
        guards = [
            Route(str(pool), refusal="unreachable", table=service_veth.EGRESS_TABLE)
            for pool in pools
        ]
        v4 = (
            Route("0.0.0.0/0", inwards, table=vrf.TABLE)
            if self._vrf
            else Route(f"{_INSIDE_V4}/32", inwards)
        )
        return [
            v4,
            Route("::/0", inwards, table=service_veth.INGRESS_TABLE),
            *guards,
        ]

    def steer(self, prefix: str, hops: tuple[Hop, ...]) -> list[Route]:
        """An encapsulating route behind the veth, and one that leads there."""
        route = Route(prefix, hops, table=service_veth.EGRESS_TABLE)
        source = self._sources[route.family]
        lead = (Hop(service_veth.INSIDE, via=service_veth.TO_TUNNEL),)
        return [route, Route(prefix, lead, source=str(source) if source else "")]

    def decapsulate(self, sid: str, family: int) -> list[Route]:
        """What is taken out leaves by the veth's far end, and so arrives by the near one.

        What it is taken out of may have been in a policy that another one entered by its binding
        SID: such a packet is longer than the veth takes, so the next SID is at hand before it.
        """
        dt4 = f"End.DT4 vrftable {vrf.TABLE}" if self._vrf else f"End.DX4 nh4 {_INSIDE_V4}"
        action = {
            4: dt4,
            6: f"End.DT6 table {service_veth.INGRESS_TABLE}",
        }[family]
        prefix, at = f"{sid}/128", (self._uplink,)
        return [
            Route(prefix, at, action=action),
            Route(prefix, at, action=action, table=service_veth.INGRESS_TABLE),
        ]
