"""The way that a probe took, put together from where it was seen. Pure.

Hops are ordered by the plan's adjacencies, by equal headers at both ends of a link and by hop
limits inside a node; never by clock, which says nothing about packets on two cores.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from testbed.agent.desired.overlays.registry import INTERFACES
from testbed.agent.desired.service_veth import ENDS
from testbed.plan.model import Plan
from testbed.prove.packets import Address, Observation

# On these a packet only goes from one part of its node to another. What passes the service veth is
# routed twice there, so that its own hop limit falls by two inside one node.
_INSIDE_A_NODE = ("lo", *ENDS, *INTERFACES)

_GONE = 256  # more than any hop limit falls by: this header ended


@dataclass(frozen=True)
class Hop:
    """A node that the probe passed: how it arrived (None: it began here) and left (None: ended)."""

    node: str
    arrived: Observation | None
    left: Observation | None
    delivered: bool = False  # the probe ended here, and was meant to

    @property
    def encapsulates(self) -> bool:
        """Was the probe put into another packet here?"""
        return self.left is not None and _depth(self.left) > _depth(self.arrived)

    @property
    def decapsulates(self) -> bool:
        """Was the probe taken out of another packet here?"""
        out = self.delivered if self.left is None else _depth(self.left) < _depth(self.arrived)
        return self.arrived is not None and self.arrived.encapsulated and out

    @property
    def ends_segment(self) -> bool:
        """Did a segment end here, and the next one begin?"""
        before, after = self.segments_left
        return before > 0 and before != after

    @property
    def segments_left(self) -> tuple[int, int]:
        """Before and after, in the outermost header that came and went; 0 where there is none."""
        a, b = self.arrived, self.left
        if a is None or b is None or not (a.encapsulated and b.encapsulated):
            return 0, 0
        common = _count_common(a, b) - 1
        before, after = a.layers[common].segments_left, b.layers[common].segments_left
        return before or 0, after or 0

    def puts_on(self, layer: int) -> bool:
        """Did the probe get this header here, or another in its place?"""
        src = _source_at(self.left, layer)
        return src is not None and src != _source_at(self.arrived, layer)

    def takes_off(self, layer: int) -> bool:
        """Did this header end here?"""
        src = _source_at(self.arrived, layer)
        out = self.delivered if self.left is None else src != _source_at(self.left, layer)
        return src is not None and out


@dataclass(frozen=True)
class Trace:
    """One probe's hops from its source on; `delivered` if they reach the destination."""

    tag: bytes
    hops: tuple[Hop, ...]
    delivered: bool

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of the nodes in order."""
        return tuple(h.node for h in self.hops)

    @property
    def head_end(self) -> Hop | None:
        """The first hop that encapsulates."""
        return next((h for h in self.hops if h.encapsulates), None)

    @property
    def tail_end(self) -> Hop | None:
        """The last hop that decapsulates."""
        return next((h for h in reversed(self.hops) if h.decapsulates), None)

    def at_layer(self, layer: int) -> Trace:
        """As if what the headers of this number are around were the probe."""
        hops = (
            replace(
                hop,
                arrived=hop.arrived.at_layer(layer) if hop.arrived else None,
                left=hop.left.at_layer(layer) if hop.left else None,
            )
            for hop in self.hops
        )
        return replace(self, hops=tuple(hops))

    def passes(self, layer: int) -> list[Trace]:
        """The parts of the way on which the probe has a header of this number, one after another.

        The first is 1, and 2 is what End.B6.Encaps puts around that.
        """
        found: list[Trace] = []
        hops: list[Hop] = []
        for hop in self.hops:
            if hops:
                ends = hop.takes_off(layer)
                hops.append(_left_within(hop, layer - 1) if ends else hop)
                if ends:
                    found.append(replace(self, hops=tuple(hops), delivered=True))
                    hops = []
            if hop.puts_on(layer) and not hops:
                hops = [_arrived_within(hop, layer - 1)]
        return [*found, replace(self, hops=tuple(hops), delivered=False)] if hops else found

    def renamed(self, names: Mapping[str, str]) -> Trace:
        """The same with other names for some hops, for people to read."""
        hops = (replace(hop, node=names.get(hop.node, hop.node)) for hop in self.hops)
        return replace(self, hops=tuple(hops))


def _depth(o: Observation | None) -> int:
    return len(o.layers) - 1 if o is not None else 0


def _source_at(o: Observation | None, layer: int) -> Address | None:
    return o.layers[layer].src if o is not None and layer < len(o.layers) else None


def _arrived_within(hop: Hop, layer: int) -> Hop:
    return replace(hop, arrived=hop.arrived.within(layer) if hop.arrived else None)


def _left_within(hop: Hop, layer: int) -> Hop:
    return replace(hop, left=hop.left.within(layer) if hop.left else None)


def _count_common(arrived: Observation, left: Observation) -> int:
    """How many headers, from the inside, are the same: by their sources, which nobody changes.

    The probe's own source may be translated.
    """
    pairs = list(zip(arrived.layers, left.layers, strict=False))
    same = (number for number, (a, b) in enumerate(pairs[1:], 1) if a.src != b.src)
    return next(same, len(pairs))


def traces(
    plan: Plan,
    observations: Iterable[Observation],
    src: str,
    dst: str,
    pods: Mapping[str, str] | None = None,
    sent: Iterable[bytes] = (),
) -> list[Trace]:
    """One trace per probe, in order of tags; also for `sent` tags that were never seen."""
    by_tag: dict[bytes, list[Observation]] = {tag: [] for tag in sent}
    for observation in observations:
        by_tag.setdefault(observation.tag, []).append(observation)
    return [trace(plan, by_tag[tag], src, dst, pods, tag) for tag in sorted(by_tag)]


def trace(
    plan: Plan,
    observations: Iterable[Observation],
    src: str,
    dst: str,
    pods: Mapping[str, str] | None = None,
    tag: bytes = b"",
) -> Trace:
    """The hops of one probe from `src` towards `dst`.

    `pods`: name of a pod's network namespace → cluster node that it is attached to; the node's
    end of that attachment is not in the plan. `src` and `dst` are nodes or such namespaces.
    """
    return _Walk(plan, list(observations), dict(pods or {}), tag).from_to(src, dst)


class _Walk:
    def __init__(
        self, plan: Plan, observations: list[Observation], pods: dict[str, str], tag: bytes
    ) -> None:
        self.plan, self.pods = plan, pods
        self.tag = observations[0].tag if observations else tag
        crossing = [o for o in observations if o.interface not in _INSIDE_A_NODE]
        self.coming = [o for o in crossing if not o.outgoing]
        self.going = [o for o in crossing if o.outgoing]

    def from_to(self, src: str, dst: str) -> Trace:
        hops: list[Hop] = []
        node, arrived = src, None
        while True:
            left, landed = self._next_hop(node, arrived)
            delivered = left is None and node == dst and arrived is not None
            hops.append(Hop(node, arrived, left, delivered))
            if left is None or landed is None:
                return Trace(self.tag, tuple(hops), delivered)
            node, arrived = landed.node, landed

    def _next_hop(
        self, node: str, arrived: Observation | None
    ) -> tuple[Observation | None, Observation | None]:
        """How the probe left `node`, and how it landed at the next; both are used up."""
        choices = [o for o in self.going if o.node == node and self._leads_out(o)]
        choices = [o for o in choices if arrived is None or self._may_follow(arrived, o)]
        choices.sort(key=lambda o: _rank_successor(arrived, o))
        for left in choices:
            landed = next((o for o in self.coming if self._same_crossing(left, o)), None)
            if landed is not None:
                self.going.remove(left)
                self.coming.remove(landed)
                return left, landed
        return (choices[0], None) if choices else (None, None)

    def _may_follow(self, arrived: Observation, left: Observation) -> bool:
        """May a packet that arrived like this leave like that? A LAN's bridge changes nothing."""
        lan = self._lan(arrived)
        bridged = lan is not None and lan == self._lan(left)
        return (bridged and _headers(arrived) == _headers(left)) or _may_follow(arrived, left)

    def _lan(self, observation: Observation) -> str | None:
        """The LAN of which this interface of a router is a port."""
        for link in self.plan.links_of(observation.node):
            if link.end(observation.node).interface == observation.interface:
                return link.lan if link.lan and observation.node in self.plan.router_names else None
        return None

    def _leads_out(self, observation: Observation) -> bool:
        """Not a bridge, VRF or tunnel device inside the node."""
        node = observation.node
        if node in self.pods or node in self.pods.values():
            return True
        return self._find_peer(observation) is not None

    def _find_peer(self, observation: Observation) -> tuple[str, str] | None:
        """Node and interface at the other end of the plan's link."""
        for link in self.plan.links_of(observation.node):
            if link.end(observation.node).interface == observation.interface:
                other = link.peer(observation.node)
                return other.node, other.interface
        return None

    def _same_crossing(self, left: Observation, landed: Observation) -> bool:
        """The two ends of one link, and the same headers on both."""
        peer = self._find_peer(left)
        if peer is not None:
            adjacent = peer == (landed.node, landed.interface)
        else:
            adjacent = self._attachment(left, landed) or self._attachment(landed, left)
        return adjacent and _headers(left) == _headers(landed)

    def _attachment(self, pod: Observation, host: Observation) -> bool:
        """A pod's interface, and one of its node's that is no port of the plan."""
        return self.pods.get(pod.node) == host.node and self._find_peer(host) is None


def _headers(o: Observation) -> tuple[object, ...]:
    return (
        o.outer_src,
        o.outer_dst,
        o.hop_limit,
        o.segments,
        o.segments_left,
        o.inner_src,
        o.inner_dst,
        o.inner_hop_limit,
        o.vni,
        o.between,
    )


def _may_follow(arrived: Observation, left: Observation) -> bool:
    """May a packet that arrived like this leave like that? Nobody ever raises a hop limit.

    What is put around a header starts with one of its own.
    """
    common = _count_common(arrived, left)
    pairs = list(zip(arrived.layers[:common], left.layers[:common], strict=True))
    if not all(b.hop_limit <= a.hop_limit for a, b in pairs):
        return False
    if not all((b.segments_left or 0) <= (a.segments_left or 0) for a, b in pairs):
        return False
    forwarded = common == len(arrived.layers) == len(left.layers) > 1
    return not forwarded or left.hop_limit < arrived.hop_limit


def _rank_successor(arrived: Observation | None, left: Observation) -> tuple[int, ...]:
    """The nearest successor first: hop limits fell least, from the inside; then fewest steps."""
    if arrived is None:
        return (-left.payload_hop_limit, -left.hop_limit)
    common = _count_common(arrived, left)
    pairs = zip(arrived.layers[:common], left.layers[:common], strict=True)
    fell = [a.hop_limit - b.hop_limit for a, b in pairs]
    fell += [_GONE] * (len(arrived.layers) - common)
    if common == len(arrived.layers) == len(left.layers):
        return (*fell, 0, 0)
    # the outer hop limit is highest where it was just put on
    return (*fell, int(arrived.encapsulated), -left.hop_limit)
