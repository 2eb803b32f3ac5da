"""Where packets can be sent so that none leaves a set of adjacencies, on any equal-cost branch.

A node SID may replace hops only if this holds; one branch that leaves the set is enough against it.
"""

from __future__ import annotations

from collections.abc import Callable

from testbed.engine.compute.spf import UNREACHABLE, Dag, Routing


class CleanReach:
    """The set is given as numbers of adjacencies."""

    def __init__(self, routing: Routing, allowed: frozenset[int]) -> None:
        self._routing, self._allowed = routing, allowed
        ends = {routing.tails[arc] for arc in allowed} | {routing.heads[arc] for arc in allowed}
        self._nodes = sorted(ends)
        self.leaving: dict[int, list[int]] = {node: [] for node in self._nodes}
        for arc in sorted(allowed):
            self.leaving[routing.tails[arc]].append(arc)

    def sources(self, target: int) -> set[int]:
        """The nodes from which all shortest paths to the target stay within the set."""
        heads = self._routing.heads
        return self._clean(self._routing.towards(target), lambda arc: heads[arc])

    def targets(self, source: int) -> list[int]:
        """The nodes to which all shortest paths of the source stay within; the source first."""
        tails, dag = self._routing.tails, self._routing.away_from(source)
        found = self._clean(dag, lambda arc: tails[arc])
        return sorted(found, key=lambda node: (dag.distance[node], node))

    def _clean(self, dag: Dag, nearer: Callable[[int], int]) -> set[int]:
        """`nearer`: the end of an adjacency that is closer to the root."""
        found = {dag.root}
        reached = [node for node in self._nodes if dag.distance[node] < UNREACHABLE]
        for node in sorted(reached, key=lambda node: dag.distance[node]):
            if node != dag.root and all(
                arc in self._allowed and nearer(arc) in found for arc in dag.arcs[node]
            ):
                found.add(node)
        return found
