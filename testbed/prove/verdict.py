"""Whether the traces of probes show what is expected of their path. Pure.

Crossing a router proves nothing where equal-cost branches exist: what counts are segment
endpoints, seen as destinations under an SRH whose Segments Left falls (RFC 8754 section 4.3.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from testbed.agent.desired.overlays.registry import TITLES
from testbed.agent.desired.overlays.vxlan import VNI
from testbed.agent.model.overlay_names import VXLAN
from testbed.plan.model import Plan
from testbed.plan.spf import sid_owner
from testbed.prove.expectation import (
    BestEffort,
    Direct,
    Entered,
    Expectation,
    LostAt,
    NotRouted,
    OneOf,
    Plain,
    Routed,
    Tunnelled,
    UsesSegments,
    name_sid,
)
from testbed.prove.loss import loss_of
from testbed.prove.path import Trace
from testbed.prove.visits import (
    all_fit,
    join_sids,
    last_at_tail,
    list_visits,
    waypoint_complaints,
)


@dataclass(frozen=True)
class Verdict:
    """Passed or not, and why, in sentences."""

    passed: bool
    sentences: tuple[str, ...]

    @property
    def word(self) -> str:
        """PASS or FAIL."""
        return "PASS" if self.passed else "FAIL"


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
        complaints += _srh_complaints(one) or _further_complaints(one)
        return complaints or _egress_complaints(plan, one, (), expectation.egress)
    return complaints or _stitched_complaints(plan, one, expectation, layer=1)


def _stitched_complaints(
    plan: Plan, one: Trace, expectation: UsesSegments, layer: int
) -> list[str]:
    """The header of this number has the list; what it is in, by turns, those that are entered."""
    seen, wanted = one.at_layer(layer), expectation.waypoints
    if complaints := _list_complaints(plan, seen, expectation):
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
    if wrong := _list_complaints(plan, one, expectation.path):
        return [what, *wrong]
    if loss_of(plan, one) != expectation.loss:
        return [what]
    waypoints, seen = expectation.path.waypoints, one.at_layer(1)
    return waypoint_complaints(plan, seen, waypoints, _count_passed(seen, len(waypoints)))


def _count_passed(one: Trace, waypoints: int) -> int:
    """How many waypoints were behind the probe when it was lost, by what was ahead of it."""
    last = one.hops[-1].left or one.hops[-1].arrived
    return max(0, waypoints - (last.segments_ahead if last else 0))


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


def _further_complaints(one: Trace) -> list[str]:
    """What is compressed into the destination behind its first segment."""
    assert one.head_end is not None and one.head_end.left is not None
    if not one.head_end.left.segments_ahead:
        return []
    return [f"{one.head_end.node} sends it over segments {join_sids(one.head_end.left.ahead)}"]


def _list_complaints(plan: Plan, one: Trace, expectation: UsesSegments) -> list[str]:
    assert one.head_end is not None and one.head_end.left is not None
    at, left = one.head_end.node, one.head_end.left
    if left.segments is None and not left.segments_ahead:
        return [f"no SRH behind {at}, outer destination {left.outer_dst}"]
    *waypoints, last = left.ahead
    same = all_fit(plan, waypoints, expectation.waypoints)
    if not same or last not in expectation.egress:
        return [f"{at} sends it over segments {join_sids(left.ahead)}"]
    addresses = left.travel or (left.outer_dst,)
    if expectation.addresses and addresses != expectation.addresses:
        return [f"{at} sends it to {', '.join(map(str, addresses))}"]
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
    destination, further = tail.arrived.outer_dst, tail.arrived.segments_ahead
    if not any(sid in wanted for sid in tail.arrived.ahead[:1]):
        return [f"decapsulated at {tail.node} under {destination} instead of {name_sid(wanted)}"]
    if further != left:
        return [f"decapsulated at {tail.node} with {further} segments left"]
    if sid_owner(plan, egress.network_address) != tail.node:
        return [f"decapsulated at {tail.node}, which does not own {name_sid(egress)}"]
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
