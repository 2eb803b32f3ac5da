"""What a segment list really does: every adjacency that a packet with it can take.

Written apart from the search for lists, and from the other side, so that it can judge them: it
follows each segment hop by hop over all equal-cost next hops. Used before a list is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.engine.compute.spf import Routing
from testbed.engine.network import Adjacency
from testbed.engine.segments.segment import AdjacencySegment, Segment


@dataclass(frozen=True)
class Expansion:
    """`end`: where all packets arrive; None if the network leads them not to all segments.

    `twice`: nodes that some packet can leave twice. A path that visits a required node may
    need it; elsewhere it is a loop.
    """

    adjacencies: frozenset[Adjacency]
    end: str | None
    twice: tuple[str, ...]


def expand(routing: Routing, source: str, segments: Sequence[Segment]) -> Expansion:
    """Of a list that a head end puts onto a packet. KeyError for nodes that are not there."""
    at, taken, left, twice = source, set[Adjacency](), set[str](), set[str]()
    for segment in segments:
        ways = _ways(routing, at, segment)
        if ways is None:
            return Expansion(frozenset(taken), None, tuple(sorted(twice)))
        leaving = {adjacency.tail for adjacency in ways}
        taken |= ways
        twice |= left & leaving
        left |= leaving
        at = segment.end
    return Expansion(frozenset(taken), at, tuple(sorted(twice)))


def _ways(routing: Routing, source: str, segment: Segment) -> set[Adjacency] | None:
    """Adjacencies of the shortest paths, with the one at the end of an adjacency segment."""
    found: set[Adjacency] = set()
    target = segment.end
    if isinstance(segment, AdjacencySegment):
        found.add(routing.adjacencies[routing.arc(segment.adjacency)])
        target = segment.adjacency.tail
    if routing.distance(source, target) is None:
        return None
    waiting, seen = [source], {source}
    while waiting:
        for adjacency in routing.next_hops(waiting.pop(), target):
            found.add(adjacency)
            if adjacency.head not in seen:
                seen.add(adjacency.head)
                waiting.append(adjacency.head)
    return found
