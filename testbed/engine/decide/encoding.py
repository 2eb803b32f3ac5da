"""A segment list step by step: where each segment leads, and why it is needed."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.engine.compute.spf import Routing
from testbed.engine.decide.route import Route
from testbed.engine.network import key_of
from testbed.engine.segments.expand import expand
from testbed.engine.segments.segment import AdjacencySegment, Segment

MOST_PATHS = 4  # of equal cost, that are listed


@dataclass(frozen=True)
class Leg:
    """One segment: the paths that packets take to its end, and what would be without it."""

    segment: Segment
    paths: tuple[tuple[str, ...], ...]
    without: str | None  # the link that packets would also take; None of the last segment


def legs(routing: Routing, route: Route) -> list[Leg]:
    """The segments of a route, in order."""
    found: list[Leg] = []
    at = route.path[0].tail
    for place, segment in enumerate(route.segments):
        rest = route.segments[place + 1 :]
        without = _astray_with(routing, at, rest, route) if rest else None
        found.append(Leg(segment, _paths(routing, at, segment), without))
        at = segment.end
    return found


def _astray_with(routing: Routing, at: str, rest: tuple[Segment, ...], route: Route) -> str | None:
    """The first link beside the route that packets could take from here without this segment."""
    taken = {key_of(adjacency) for adjacency in route.adjacencies}
    outside = [a for a in expand(routing, at, rest).adjacencies if key_of(a) not in taken]
    return min((adjacency.link for adjacency in outside), default=None)


def _paths(routing: Routing, at: str, segment: Segment) -> tuple[tuple[str, ...], ...]:
    across = segment.adjacency if isinstance(segment, AdjacencySegment) else None
    target = across.tail if across else segment.end
    found = _walk(routing, (at,), target)
    return tuple((*path, across.head) if across else path for path in found)


def _walk(routing: Routing, path: tuple[str, ...], target: str) -> list[tuple[str, ...]]:
    """All shortest paths, as far as they are listed."""
    if path[-1] == target:
        return [path]
    found: list[tuple[str, ...]] = []
    for head in sorted({a.head for a in routing.next_hops(path[-1], target)}):
        if len(found) < MOST_PATHS:
            found += _walk(routing, (*path, head), target)
    return found[:MOST_PATHS]
