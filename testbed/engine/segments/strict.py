"""The shortest segment list with which every packet takes exactly one given path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Path
from testbed.engine.segments.fewest import Step, fewest_steps
from testbed.engine.segments.segment import (
    NodeSegment,
    Segments,
    TooManySegments,
    within_limit,
)
from testbed.engine.segments.within import named


def list_along(
    routing: Routing, path: Path, max_segments: int | None = None
) -> Segments | TooManySegments:
    """The fewest segments, the last one of the path's last node. ValueError for no path.

    The path may pass a node twice, so a place in the search is a position on it.
    """
    if not path or any(a.head != b.tail for a, b in pairwise(path)):
        raise ValueError("these adjacencies are no path")
    arcs = [routing.arc(adjacency) for adjacency in path]
    nodes = [routing.tails[arcs[0]], *(routing.heads[arc] for arc in arcs)]
    last = len(arcs)

    def steps_from(position: int) -> Iterator[Step]:
        furthest = _furthest_alone(routing, nodes, arcs, position)
        for reached in range(furthest, position, -1):
            yield reached, nodes[reached], False
        for begin in range(min(furthest, last - 1), position - 1, -1):
            yield begin + 1, arcs[begin], True

    def is_goal(position: int) -> bool:
        return _furthest_alone(routing, nodes, arcs, position) == last

    found = fewest_steps([0], steps_from, is_goal)
    if found is None:
        raise AssertionError("one adjacency segment per hop leads along any path")
    target = NodeSegment(routing.nodes[nodes[last]])
    return within_limit((*named(routing, found), target), max_segments)


def _furthest_alone(
    routing: Routing, nodes: Sequence[int], arcs: Sequence[int], position: int
) -> int:
    """The last position to which the path is the only shortest path from this position."""
    dag = routing.away_from(nodes[position])
    at = position
    while at < len(arcs) and dag.arcs[nodes[at + 1]] == [arcs[at]]:
        at += 1
    return at
