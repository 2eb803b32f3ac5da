"""A route: the paths that packets may take, and the segment list that keeps them there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Path
from testbed.engine.network import Adjacency, Key, key_of
from testbed.engine.segments.expand import expand
from testbed.engine.segments.segment import Segments


@dataclass(frozen=True)
class Route:
    """`path` is one of the paths; `adjacencies` are those of all, on which packets divide.

    `cost` is what the intent makes least: metric, microseconds or links.
    """

    path: Path
    adjacencies: frozenset[Adjacency]
    segments: Segments
    cost: int

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes of `path`, in order."""
        return (self.path[0].tail, *(adjacency.head for adjacency in self.path))


def astray(routing: Routing, route: Route) -> str | None:
    """Why the network would not lead every packet of the list as wanted; None if it does.

    Asked of every list before it is sent, of other code than that which made it.
    """
    source, target = route.path[0].tail, route.path[-1].head
    expansion = expand(routing, source, route.segments)
    if expansion.end != target:
        return f"packets with this list do not arrive at {target}"
    outside = _keys(expansion.adjacencies) - _keys(route.adjacencies)
    if outside:
        return f"packets with this list would also take {sorted(outside)[0][2]}"
    again = set(expansion.twice) - set(_passed_twice(route.path))
    return f"packets with this list would pass {sorted(again)[0]} twice" if again else None


def _keys(adjacencies: Collection[Adjacency]) -> set[Key]:
    return set(map(key_of, adjacencies))


def _passed_twice(path: Path) -> set[str]:
    """What is required may be reached only by passing a node twice."""
    tails = [adjacency.tail for adjacency in path]
    return {node for node in tails if tails.count(node) > 1}
