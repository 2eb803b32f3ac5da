"""What a path is expected to be, and whether the traces show it. Pure.

Crossing a router proves nothing where equal-cost branches exist: what counts are segment
endpoints, seen as destinations under an SRH whose Segments Left falls (RFC 8754 section 4.3.1).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from testbed.agent.desired.overlays.registry import TITLES
from testbed.agent.desired.overlays.vxlan import VNI
from testbed.agent.model.overlay_names import VXLAN
from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean
from testbed.plan.model import Plan, Role
from testbed.plan.spf import sid_owner
from testbed.prove.loss import Loss, loss_of
from testbed.prove.path import Trace
from testbed.prove.visits import join_sids, last_at_tail, list_visits, waypoint_complaints


@dataclass(frozen=True)
class BestEffort:
    """Encapsulated to the egress SID alone, without an SRH.

    `egress` is one SID, or a node's whole SID pool where any SID of it will do.
    """

    egress: IPv6Network

    def __str__(self) -> str:
        return f"best effort: outer destination {_name_sid(self.egress)}, no SRH"


@dataclass(frozen=True)
class UsesSegments:
    """Encapsulated with an SRH of exactly these SIDs in travel order, `egress` as the last.

    `entered`: the policies behind the binding SIDs among the waypoints, in that order.
    """

    waypoints: tuple[IPv6Address, ...]
    egress: IPv6Network
    entered: tuple[Entered, ...] = ()

    def __str__(self) -> str:
        listed = "segments " + ", ".join([*map(str, self.waypoints), _name_sid(self.egress)])
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


@dataclass(frozen=True)
class Verdict:
    """Passed or not, and why, in sentences."""

    passed: bool
    sentences: tuple[str, ...]

    @property
    def word(self) -> str:
        """PASS or FAIL."""
        return "PASS" if self.passed else "FAIL"


def via(plan: Plan, names: Sequence[str | IPv6Address], dst_node: str) -> UsesSegments:
    """The expectation of `--expect r6,r8`: segment endpoints, by node name or SID.

    A SID of the egress node may close the list; without one, any SID of the pool of `dst_node`
    will do. Raises TestbedError for names and SIDs that nobody has.
    """
    sids = [_endpoint_sid(plan, name) for name in names]
    pool = egress_pool(plan, dst_node)
    if sids and sids[-1] in pool:
        return UsesSegments(tuple(sids[:-1]), IPv6Network(sids[-1]))
    return UsesSegments(tuple(sids), pool)


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
    if sid_owner(plan, sid) is None:
        raise TestbedError(f"no node owns SID {sid}", fix="name routers, or give SIDs of this lab")
    return sid


def verdict(plan: Plan, found: Sequence[Trace], expectation: Expectation) -> Verdict:
    """Every probe must show what is expected; no probe at all shows nothing.

    Only what is not routed by design is known without probes.
    """
    if not found and isinstance(expectation, NotRouted):
        return Verdict(True, (str(expectation), "no probe was sent; `--expect plain` sends some"))
    if not found:
        return Verdict(False, ("no probe was sent",))
    complaints: dict[str, int] = {}
    for one in found:
        for complaint in dict.fromkeys(_complaints(plan, one, expectation)):
            complaints[complaint] = complaints.get(complaint, 0) + 1
    if not complaints:
        return Verdict(True, (f"all {len(found)} probes: {expectation}",))
    sentences = [f"expected {expectation}"]
    sentences += [f"{n} of {len(found)} probes: {text}" for text, n in complaints.items()]
    return Verdict(False, tuple(sentences))


def _complaints(plan: Plan, one: Trace, expectation: Expectation) -> list[str]:
    if isinstance(expectation, OneOf):
        each = [_complaints(plan, one, choice) for choice in expectation.choices]
        return [] if not all(each) else [c for complaints in each for c in complaints]
    if isinstance(expectation, NotRouted):
        return ["delivered after all"] if one.delivered else []
    if isinstance(expectation, LostAt):
        return _loss_complaints(plan, one, expectation)
    complaints = [] if one.delivered else [_describe_loss(one)]
    if isinstance(expectation, Plain | Routed | Direct):
        if one.head_end is not None:
            complaints.append(f"encapsulated at {one.head_end.node}")
        routed = _routed_by(plan, one)
        if isinstance(expectation, Routed) and not routed:
            complaints.append("crosses no router")
        if isinstance(expectation, Direct) and routed:
            complaints.append(f"routed by {', '.join(routed)}")
        return complaints
    if one.head_end is None or one.head_end.left is None:
        return [*complaints, "not encapsulated"]
    if isinstance(expectation, Tunnelled):
        return complaints or _tunnel_complaints(one, expectation)
    if isinstance(expectation, BestEffort):
        complaints += _srh_complaints(one)
        return complaints or _egress_complaints(plan, one, (), expectation.egress)
    return complaints or _stitched_complaints(plan, one, expectation, layer=1)


def _stitched_complaints(
    plan: Plan, one: Trace, expectation: UsesSegments, layer: int
) -> list[str]:
    """The header of this number has the list; what it is in, by turns, those that are entered."""
    seen, wanted = one.at_layer(layer), expectation.waypoints
    if complaints := _list_complaints(seen, expectation):
        return complaints
    bound = frozenset(entered.binding_sid for entered in expectation.entered)
    complaints = waypoint_complaints(plan, seen, wanted, bound=bound)
    complaints += _egress_complaints(plan, seen, wanted, expectation.egress, bound)
    return complaints or _entered_complaints(plan, one, expectation.entered, layer + 1)


def _entered_complaints(
    plan: Plan, one: Trace, entered: Sequence[Entered], layer: int
) -> list[str]:
    """One pass for each binding SID, put on where that was visited, and by one of its lists."""
    passes = one.passes(layer)
    if len(passes) != len(entered):
        at = ", ".join(part.hops[0].node for part in passes) or "nobody"
        return [f"a further outer header by {at}, expected by {len(entered)} binding SIDs"]
    complaints: list[str] = []
    for part, wanted in zip(passes, entered, strict=True):
        owner, at = sid_owner(plan, wanted.binding_sid), part.hops[0].node
        if owner != at:
            complaints.append(
                f"{at} put it into a further header, {wanted.binding_sid} is {owner}'s"
            )
        each = [_stitched_complaints(plan, part, choice, layer) for choice in wanted.choices]
        if all(each):
            complaints += dict.fromkeys(c for found in each for c in found)
    return complaints


def _routed_by(plan: Plan, one: Trace) -> list[str]:
    """The routers on the way that did more than bridge it: these lower the hop limit."""
    return [
        hop.node
        for hop in one.hops
        if hop.node in plan.router_names
        and (hop.arrived is None or hop.left is None or hop.left.hop_limit < hop.arrived.hop_limit)
    ]


def _loss_complaints(plan: Plan, one: Trace, expectation: LostAt) -> list[str]:
    """It took the path as far as the node where it was to be lost, and was lost there."""
    what = "delivered after all" if one.delivered else _describe_loss(one)
    if one.head_end is None or one.head_end.left is None:
        return [what, "not encapsulated"]
    if wrong := _list_complaints(one, expectation.path):
        return [what, *wrong]
    if loss_of(plan, one) != expectation.loss:
        return [what]
    waypoints, seen = expectation.path.waypoints, one.at_layer(1)
    return waypoint_complaints(plan, seen, waypoints, _count_passed(seen, len(waypoints)))


def _count_passed(one: Trace, waypoints: int) -> int:
    """How many waypoints were behind the probe when it was lost, by its Segments Left."""
    last = one.hops[-1].left or one.hops[-1].arrived
    left = (last.segments_left if last else None) or 0
    return max(0, waypoints - left)


def _describe_loss(one: Trace) -> str:
    last = one.hops[-1]
    if last.left is not None:
        return f"lost on {last.left.interface}, behind {last.node}"
    if last.arrived is None:
        return f"never left {last.node}"
    return f"lost in {last.node}, where it arrived for {last.arrived.outer_dst}"


def _srh_complaints(one: Trace) -> list[str]:
    for hop in one.hops:
        if hop.left is not None and hop.left.segments is not None:
            return [f"an SRH leaves {hop.node}: {join_sids(hop.left.travel or ())}"]
    return []


def _list_complaints(one: Trace, expectation: UsesSegments) -> list[str]:
    assert one.head_end is not None and one.head_end.left is not None
    at, travel = one.head_end.node, one.head_end.left.travel
    if travel is None:
        return [f"no SRH behind {at}, outer destination {one.head_end.left.outer_dst}"]
    egress_fits = bool(travel) and travel[-1] in expectation.egress
    if travel[:-1] != expectation.waypoints or not egress_fits:
        return [f"{at} sends it over segments {join_sids(travel)}"]
    return []


def _egress_complaints(
    plan: Plan,
    one: Trace,
    waypoints: tuple[IPv6Address, ...],
    egress: IPv6Network,
    bound: frozenset[IPv6Address] = frozenset(),
) -> list[str]:
    """Taken out at the owner of the egress SID, on arrival for it or for waypoints of that node."""
    tail = one.tail_end
    if tail is None or tail.arrived is None:
        return ["never decapsulated"]
    visits = list_visits(plan, waypoints, bound)
    own = visits[-1] if last_at_tail(visits, one, bound) else None
    wanted, left = (IPv6Network(own.sids[0]), own.left) if own else (egress, 0)
    destination = tail.arrived.outer_dst
    if not isinstance(destination, IPv6Address) or destination not in wanted:
        return [f"decapsulated at {tail.node} under {destination} instead of {_name_sid(wanted)}"]
    if (tail.arrived.segments_left or 0) != left:
        return [f"decapsulated at {tail.node} with {tail.arrived.segments_left} segments left"]
    if sid_owner(plan, egress.network_address) != tail.node:
        return [f"decapsulated at {tail.node}, which does not own {_name_sid(egress)}"]
    return []


def _tunnel_complaints(one: Trace, expectation: Tunnelled) -> list[str]:
    """One packet around the probe, of the right kind, from the head end to the egress node."""
    assert one.head_end is not None and one.head_end.left is not None
    at, left = one.head_end.node, one.head_end.left
    if left.outer_dst != expectation.remote:
        return [f"{at} sends it to {left.outer_dst} instead of {expectation.remote}"]
    if left.vni != (VNI if expectation.kind == VXLAN else None) or left.segments is not None:
        return [f"{at} sends it by another encapsulation than {TITLES[expectation.kind]}"]
    tail = one.tail_end
    if tail is None or tail.arrived is None:
        return ["never taken out of the tunnel"]
    if tail.arrived.outer_dst != expectation.remote:
        return [f"taken out at {tail.node} under {tail.arrived.outer_dst}"]
    return []


def _name_sid(network: IPv6Network) -> str:
    if network.prefixlen == 128:
        return str(network.network_address)
    return f"a SID of {network}"
