"""The shortest segment list with which no packet leaves a set of adjacencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from testbed.engine.compute.spf import Routing
from testbed.engine.network import Adjacency
from testbed.engine.segments.clean import CleanReach
from testbed.engine.segments.fewest import Found, Step, fewest_steps
from testbed.engine.segments.segment import (
    AdjacencySegment,
    NodeSegment,
    Segment,
    Segments,
    TooManySegments,
    within_limit,
)


def list_within(
    routing: Routing,
    source: str,
    target: str,
    allowed: Set[Adjacency],
    max_segments: int | None = None,
) -> Segments | TooManySegments | None:
    """The fewest segments, the last one the target's; None if the set does not lead there.

    With the set of all adjacencies of all best paths (`equal_paths`), every packet takes a best
    path. In other sets a packet may pass a node twice; `expand` says so.
    """
    arcs = frozenset(routing.arc(adjacency) for adjacency in allowed)
    found = steps_within(routing, [routing.number[source]], routing.number[target], arcs)
    if found is None:
        return None
    return within_limit((*named(routing, found), NodeSegment(target)), max_segments)


def steps_within(
    routing: Routing, starts: Iterable[int], target: int, allowed: frozenset[int]
) -> Found | None:
    """The same on numbers, from the best of several starts, without the target's own segment."""
    reach = CleanReach(routing, allowed)
    goals = reach.sources(target)

    def steps_from(place: int) -> Iterator[Step]:
        targets = reach.targets(place)[::-1]  # the furthest first: it leaves most branches open
        for node in targets:
            yield node, node, False
        for node in targets:
            for arc in reach.leaving.get(node, ()):
                yield routing.heads[arc], arc, True

    return fewest_steps(starts, steps_from, goals.__contains__)


def named(routing: Routing, found: Found) -> tuple[Segment, ...]:
    """The segments of these steps."""
    return tuple(
        AdjacencySegment(routing.adjacencies[number])
        if is_arc
        else NodeSegment(routing.nodes[number])
        for _, number, is_arc in found.steps
    )
