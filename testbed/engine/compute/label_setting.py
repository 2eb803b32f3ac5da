"""The cheapest path within constraints, by labels that no other label beats; exact.

A label is a way to a node with what was required and visited on it so far. Labels leave the
heap by cost, so one is beaten if a label of the same place came before with no more delay.
Without a limit of delay every place has one label: this is then Dijkstra's algorithm.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.weights import Path, Weight, in_spf, weigh
from testbed.engine.network import Adjacency, Network


@dataclass(frozen=True)
class _Label:
    node: str
    visited: int  # bits of what is required
    arrived: Adjacency | None
    before: _Label | None


def cheapest(
    network: Network, source: str, target: str, constraints: Constraints, weight: Weight
) -> Path | None:
    """Of the cheapest, one with the least delay, and of these one with the fewest hops.

    It passes through nothing with the overload bit. A node is passed twice only where what is
    required cannot be visited otherwise, or not as cheaply.
    """
    if source in constraints.avoid_nodes or target in constraints.avoid_nodes:
        return None
    search = _Search(network, target, constraints, weight)
    return search.run(source)


class _Search:
    def __init__(
        self, network: Network, target: str, constraints: Constraints, weight: Weight
    ) -> None:
        self.network, self.target = network, target
        self.constraints, self.weight = constraints, weight
        required = [*sorted(constraints.require_nodes), *sorted(constraints.require_links)]
        split = len(constraints.require_nodes)
        self.node_bits = {name: 1 << bit for bit, name in enumerate(required[:split])}
        self.link_bits = {name: 1 << split + bit for bit, name in enumerate(required[split:])}
        self.all_visited = (1 << len(required)) - 1
        self.limit = constraints.max_delay_us
        self.least_delay = {} if self.limit is None else _delays_to(network, target, constraints)

    def run(self, source: str) -> Path | None:
        first = _Label(source, self.node_bits.get(source, 0), None, None)
        heap = [(0, 0, 0, 0, first)]  # cost, delay, hops, number: of equal ones the first found
        best: dict[tuple[str, int], int] = {}
        number = 0
        while heap:
            cost, delay, hops, _, label = heappop(heap)
            if label.node == self.target and label.visited == self.all_visited:
                return _unwind(label)
            place = label.node, label.visited
            if delay >= best.get(place, delay + 1) or self._closed(label, source):
                continue
            best[place] = delay
            for adjacency in self.network.outgoing.get(label.node, ()):
                if not in_spf(adjacency, self.weight) or not self.constraints.allow(adjacency):
                    continue
                later = delay if self.limit is None else delay + adjacency.delay_us
                reached = label.visited | self._bits(adjacency)
                known = best.get((adjacency.head, reached))
                if self._too_late(adjacency.head, later) or (known is not None and known <= later):
                    continue
                number += 1
                onward = _Label(adjacency.head, reached, adjacency, label)
                price = cost + weigh(adjacency, self.weight)
                heappush(heap, (price, later, hops + 1, number, onward))
        return None

    def _closed(self, label: _Label, source: str) -> bool:
        start = label.before is None and label.node == source
        return label.node in self.network.overloaded and not start

    def _bits(self, adjacency: Adjacency) -> int:
        return self.node_bits.get(adjacency.head, 0) | self.link_bits.get(adjacency.link, 0)

    def _too_late(self, node: str, delay: int) -> bool:
        if self.limit is None:
            return False
        onward = self.least_delay.get(node)
        return onward is None or delay + onward > self.limit


def _delays_to(network: Network, target: str, constraints: Constraints) -> dict[str, int]:
    """The least delay from each node to the target, by allowed adjacencies."""
    into: dict[str, list[Adjacency]] = {}
    for adjacency in network.adjacencies:
        if constraints.allow(adjacency):
            into.setdefault(adjacency.head, []).append(adjacency)
    found: dict[str, int] = {}
    heap = [(0, target)]
    while heap:
        delay, node = heappop(heap)
        if node not in found:
            found[node] = delay
            for adjacency in into.get(node, ()):
                heappush(heap, (delay + adjacency.delay_us, adjacency.tail))
    return found


def _unwind(label: _Label) -> Path:
    found = []
    at: _Label | None = label
    while at is not None and at.arrived is not None:
        found.append(at.arrived)
        at = at.before
    return tuple(reversed(found))
