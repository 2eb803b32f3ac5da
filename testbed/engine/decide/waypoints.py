"""What the SIDs of waypoints are in the network as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address

from testbed.engine.from_plan import link_names
from testbed.engine.network import Network
from testbed.engine.segments.segment import AdjacencySegment, NodeSegment, Segment
from testbed.plan.model import Plan, Role


@dataclass(frozen=True)
class Waypoint:
    """Its name, as people write it; None as segment: the network does not have it."""

    name: str
    segment: Segment | None


def waypoints_of(plan: Plan, network: Network) -> Callable[[IPv6Address], Waypoint]:
    """Of each SID of a router, an adjacency or a cluster node; others are not there."""
    found: dict[IPv6Address, Waypoint] = {}
    for node in plan.nodes:
        if node.role in (Role.ROUTER, Role.CLUSTER):
            segment = NodeSegment(node.name) if node.name in network.nodes else None
            found[plan.address_v6(node.name)] = Waypoint(node.name, segment)
            if node.micro_sid is not None:
                found[node.micro_sid] = Waypoint(node.name, segment)
    links = {port: name for x, name in link_names(plan).items() for port in (x.a, x.b)}
    there = {(a.tail, a.head, a.link): AdjacencySegment(a) for a in network.adjacencies}
    for sid, (own, other) in plan.adjacencies.items():
        across = there.get((own.node, other.node, links[own]))
        found[sid] = Waypoint(own.interface, across)
    return lambda sid: found.get(sid) or Waypoint(str(sid), None)
