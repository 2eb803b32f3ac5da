"""Shortest paths with all equal-cost branches (Dijkstra), to a node or from a node.

Own code where networkx has nearly the same: there, the overload bit would need a graph of its own
for every pair of ends, and predecessors do not tell parallel links apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from testbed.engine.compute.weights import Weight, in_spf, unweigh, weigh
from testbed.engine.network import Adjacency, Network, key_of

UNREACHABLE = 1 << 62
_Edges = list[list[tuple[int, int, int]]]  # by node: arc, node at the other end, weight


@dataclass(frozen=True)
class Dag:
    """Shortest paths to (or from) one node, as numbers of nodes and adjacencies.

    `arcs[n]`: every adjacency by which a shortest path leaves node n (or arrives at it).
    """

    root: int
    distance: Sequence[int]
    arcs: Sequence[Sequence[int]]


class Routing:
    """What every router of a network forwards by, in one of the weights.

    Nodes and adjacencies have numbers here: those of the names in order, and those of
    `Network.outgoing`. Nothing passes through a node with the overload bit.
    """

    def __init__(self, network: Network, weight: Weight = "igp") -> None:
        self.network, self.weight = network, weight
        self.nodes = tuple(sorted(network.nodes))
        self.number = {name: number for number, name in enumerate(self.nodes)}
        self.adjacencies = tuple(a for name in self.nodes for a in network.outgoing[name])
        self.tails = [self.number[a.tail] for a in self.adjacencies]
        self.heads = [self.number[a.head] for a in self.adjacencies]
        self.keys = [key_of(a) for a in self.adjacencies]
        self.arc_of = {key: arc for arc, key in enumerate(self.keys)}
        self.divided: dict[tuple[int, int], Mapping[int, float]] = {}  # what `ecmp` has found
        self._closed = [name in network.overloaded for name in self.nodes]
        self._out: _Edges = [[] for _ in self.nodes]
        self._into: _Edges = [[] for _ in self.nodes]
        for arc, adjacency in enumerate(self.adjacencies):
            if in_spf(adjacency, weight):
                tail, head, length = self.tails[arc], self.heads[arc], weigh(adjacency, weight)
                self._out[tail].append((arc, head, length))
                self._into[head].append((arc, tail, length))
        self._towards: dict[int, Dag] = {}
        self._from: dict[int, Dag] = {}

    def arc(self, adjacency: Adjacency) -> int:
        """The number of an adjacency. KeyError if the network has none between these ends."""
        return self.arc_of[key_of(adjacency)]

    def towards(self, node: int) -> Dag:
        """Shortest paths of all nodes to this one."""
        if node not in self._towards:
            self._towards[node] = _dijkstra(node, self._into, self._closed)
        return self._towards[node]

    def away_from(self, node: int) -> Dag:
        """Shortest paths of this node to all others."""
        if node not in self._from:
            self._from[node] = _dijkstra(node, self._out, self._closed)
        return self._from[node]

    def distance(self, source: str, target: str) -> int | None:
        """The metric (microseconds, hops) of the shortest paths; None if there is none."""
        found = self.towards(self.number[target]).distance[self.number[source]]
        return None if found == UNREACHABLE else unweigh(found, self.weight)

    def next_hops(self, source: str, target: str) -> tuple[Adjacency, ...]:
        """Every adjacency of `source` with which a shortest path to `target` begins."""
        arcs = self.towards(self.number[target]).arcs[self.number[source]]
        return tuple(self.adjacencies[arc] for arc in sorted(arcs))

    def spread(self, source: int, target: int) -> set[int]:
        """Every adjacency that a packet from one node to another can take; empty if none."""
        return arcs_between(self.towards(target), source, self.heads)

    def all_shortest(self, source: str, target: str) -> frozenset[Adjacency]:
        """Every adjacency of every shortest path; empty if there is none."""
        return self.named(self.spread(self.number[source], self.number[target]))

    def named(self, arcs: Iterable[int]) -> frozenset[Adjacency]:
        """The adjacencies with these numbers."""
        return frozenset(self.adjacencies[arc] for arc in arcs)


def arcs_between(dag: Dag, node: int, nearer: Sequence[int]) -> set[int]:
    """Every adjacency of the shortest paths between a node and the root; empty if there is none.

    `nearer`: the end of each adjacency that is nearer to the root.
    """
    found: set[int] = set()
    seen, waiting = {node}, [node]
    while waiting:
        for arc in dag.arcs[waiting.pop()]:
            found.add(arc)
            end = nearer[arc]
            if end not in seen:
                seen.add(end)
                waiting.append(end)
    return found


def _dijkstra(root: int, edges: _Edges, closed: Sequence[bool]) -> Dag:
    distance = [UNREACHABLE] * len(edges)
    arcs: list[list[int]] = [[] for _ in edges]
    distance[root] = 0
    heap = [(0, root)]
    while heap:
        so_far, node = heappop(heap)
        if so_far > distance[node] or (closed[node] and node != root):
            continue
        for arc, other, length in edges[node]:
            through = so_far + length
            known = distance[other]
            if through < known:
                distance[other] = through
                arcs[other] = [arc]
                heappush(heap, (through, other))
            elif through == known:
                arcs[other].append(arc)
    return Dag(root, distance, arcs)
