"""No encapsulation: the backbone has routes to the pods' blocks.

A node announces its blocks of such pools, marked by a community, to the router that it is attached
to. That router tells the others by IS-IS (templates/frr/bgpd.conf.j2, isisd.conf.j2).
"""

from __future__ import annotations

from collections.abc import Iterable

from testbed.agent.config import AgentConfig
from testbed.agent.contract import PLAIN
from testbed.agent.desired.overlays.base import Reach, Remote, Situation, WithoutDevice
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.model import overlay_names
from testbed.agent.model.objects import IPPool


class Routed(WithoutDevice):
    """Routes by the node's router; no device."""

    name = overlay_names.ROUTED
    title = "routing"

    def obstacle(self, pool: IPPool, config: AgentConfig, /) -> str:
        """No router that takes announcements, or IPv4 in a backbone without."""
        if config.gateway is None:
            return "no router takes announcements of pods from this node"
        if pool.family == 4 and config.gateway.v4 is None:
            return "the backbone has no IPv4 at this node"
        return ""

    def reach(self, remote: Remote, situation: Situation, /) -> Reach:
        """By the node's router, which knows the way."""
        prefix, inputs = remote.prefix, situation.inputs
        gateway = inputs.config.gateway
        address = gateway and (gateway.v4 if prefix.version == 4 else gateway.v6)
        if address is None:
            return Reach(PLAIN, problem=f"{prefix} is not reached by {self.title}: see its IPPool")
        way = Hop(inputs.config.uplink, via=str(address))
        source = inputs.source_address(prefix.version)
        return Reach(self.name, (Route(str(prefix), (way,), source=source),))


def routed_pools(config: AgentConfig, pools: Iterable[IPPool]) -> list[IPPool]:
    """Those of the pods' pools to which the backbone shall have routes."""
    overlay = Routed()
    return [p for p in pools if p.overlay == overlay.name and not overlay.obstacle(p, config)]
