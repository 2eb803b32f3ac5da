"""What a path is expected to be, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from testbed import usid
from testbed.agent.desired.overlays.registry import TITLES
from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean
from testbed.plan.model import Plan, Role
from testbed.plan.spf import sid_owner
from testbed.prove.loss import Loss
from testbed.prove.visits import (
    join_sids,
)


@dataclass(frozen=True)
class BestEffort:
    """Encapsulated to the egress SID alone, without an SRH.

    `egress` is one SID, or a node's whole SID pool where any SID of it will do.
    """

    egress: IPv6Network

    def __str__(self) -> str:
        return f"best effort: outer destination {name_sid(self.egress)}, no SRH"


@dataclass(frozen=True)
class UsesSegments:
    """Sent over exactly these SIDs in travel order, `egress` as the last.

    Micro SIDs do for a router's other SIDs. `addresses`: those that the SIDs are compressed into,
    all that the packet has; without any, how the list is written is left open. `entered`: the
    policies behind the binding SIDs among the waypoints, in that order.
    """

    waypoints: tuple[IPv6Address, ...]
    egress: IPv6Network
    entered: tuple[Entered, ...] = ()
    addresses: tuple[IPv6Address, ...] = ()

    def __str__(self) -> str:
        listed = "segments " + ", ".join([*map(str, self.waypoints), name_sid(self.egress)])
        if self.addresses:
            no_srh = ", no SRH" if len(self.addresses) == 1 else ""
            listed += f" in {join_sids(self.addresses)}{no_srh}"
        return "; ".join([listed, *map(str, self.entered)])


@dataclass(frozen=True)
class Entered:
    """What a binding SID leads into: a further header around the packet, with one of the lists."""

    binding_sid: IPv6Address
    choices: tuple[UsesSegments, ...]

    def __str__(self) -> str:
        return f"behind {self.binding_sid} {' or '.join(map(str, self.choices))}"


@dataclass(frozen=True)
class Plain:
    """Delivered without any encapsulation."""

    def __str__(self) -> str:
        return "delivered without encapsulation"


@dataclass(frozen=True)
class Routed:
    """Delivered by the backbone's own routes to the pod: by routers, and without encapsulation."""

    def __str__(self) -> str:
        return "routed by the backbone, without encapsulation"


@dataclass(frozen=True)
class Direct:
    """Delivered within a subnet: no encapsulation, and no router that does more than bridge it."""

    def __str__(self) -> str:
        return "direct within the subnet, without encapsulation"


@dataclass(frozen=True)
class Tunnelled:
    """In a legacy overlay, from the head end straight to the egress node.

    `remote` is that node's address of the family that the overlay runs over.
    """

    kind: str
    remote: IPv4Address | IPv6Address

    def __str__(self) -> str:
        return f"{TITLES[self.kind]} to {self.remote}"


@dataclass(frozen=True)
class NotRouted:
    """Not delivered, by design."""

    why: str

    def __str__(self) -> str:
        return f"not routed by design: {self.why}"


Single = BestEffort | UsesSegments | Tunnelled | Routed | Direct | Plain | NotRouted


@dataclass(frozen=True)
class OneOf:
    """Each probe shows one of these, as with weighted segment lists."""

    choices: tuple[Single, ...]

    def __str__(self) -> str:
        return "one of: " + "; ".join(map(str, self.choices))


@dataclass(frozen=True)
class LostAt:
    """Sent over these segments, and lost at one node for one cause: a negative control."""

    path: UsesSegments
    loss: Loss

    def __str__(self) -> str:
        return f"{self.path}, {self.loss}"


Expectation = Single | OneOf | LostAt


def via(plan: Plan, names: Sequence[str | IPv6Address], dst_node: str) -> UsesSegments:
    """The expectation of `--expect r6,r8`: segment endpoints, by node name or SID.

    A SID of the egress node may close the list; without one, any SID of the pool of `dst_node`
    will do. Raises TestbedError for names and SIDs that nobody has.
    """
    written = [_endpoint_sid(plan, name) for name in names]
    sids, pool = usid.expanded(written), egress_pool(plan, dst_node)
    if sids and sids[-1] in pool:
        return over(written)
    return UsesSegments(sids, pool)


def over(written: Sequence[IPv6Address]) -> UsesSegments:
    """The expectation of a segment list; if it is compressed, of just these addresses."""
    *waypoints, last = usid.expanded(written)
    packed = tuple(written) if len(written) <= len(waypoints) else ()
    return UsesSegments(tuple(waypoints), IPv6Network(last), addresses=packed)


def egress_pool(plan: Plan, node: str) -> IPv6Network:
    """The SID pool of a cluster node. Raises TestbedError for any other node."""
    cluster = plan.node(node).cluster if node in plan.by_name else None
    if cluster is None:
        raise TestbedError(
            f"{node} is no cluster node",
            why="only those have SIDs that decapsulate",
            fix=f"the cluster nodes are {', '.join(n.name for n in plan.cluster) or 'none'}",
        )
    return cluster.sid_pool


def not_routed_by_design(
    plan: Plan, src: str, dst: str, pods: Container[str], nat_outgoing: bool = False
) -> NotRouted | None:
    """Why nothing can pass between these two and back, or None if something should.

    Pod prefixes are in BGP between the cluster's nodes and not in IS-IS: routers, hosts and the
    injector have no route to a pod, unless its pool is a routed one. `pods`: the others.
    `nat_outgoing`: the pods' pool hides them behind their node on the way out.
    """
    for pod, other, outwards in ((src, dst, True), (dst, src, False)):
        if pod not in pods or other in pods or other not in plan.by_name:
            continue
        if plan.node(other).role is Role.CLUSTER:
            continue
        if not (outwards and nat_outgoing):
            return NotRouted(
                "pod prefixes are not in IS-IS, "
                f"so {other} has no route to {pod.removeprefix('pod-')}"
            )
    return None


def _endpoint_sid(plan: Plan, name: str | IPv6Address) -> IPv6Address:
    if isinstance(name, IPv6Address) or ":" in name:
        return _known_sid(plan, str(name))
    node = plan.by_name.get(name)
    if node is None and name in plan.adjacency_sids:
        return plan.adjacency_sids[name]
    if node is None:
        fix = did_you_mean(name, plan.by_name) or "name routers, or give SIDs"
        raise TestbedError(f"no node {name!r} to expect", fix=fix)
    if node.loopback_v6 is None:
        raise TestbedError(
            f"{name} has no End SID",
            why="routers are waypoints; the egress node's SID is expected anyway",
            fix="leave it out",
        )
    return node.loopback_v6


def _known_sid(plan: Plan, text: str) -> IPv6Address:
    try:
        sid = IPv6Address(text)
    except ValueError:
        fix = "name routers, or give SIDs"
        raise TestbedError(f"{text!r} is no IPv6 address", fix=fix) from None
    for part in usid.parts(sid):
        if sid_owner(plan, part) is None:
            fix = "name routers, or give SIDs of this lab"
            raise TestbedError(f"no node owns SID {part}", fix=fix)
    return sid


def name_sid(network: IPv6Network) -> str:
    """A SID, or that it is one of a pool."""
    if network.prefixlen == 128:
        return str(network.network_address)
    return f"a SID of {network}"
