"""A segment: the SID of a node, or of an adjacency.

As SRv6 has them (RFC 8986): both SIDs lie in a locator that the whole network routes to. So a
packet with an adjacency's SID takes the shortest paths to its tail by itself, and then that link.
"""

from __future__ import annotations

from dataclasses import dataclass

from testbed.engine.network import Adjacency


@dataclass(frozen=True)
class NodeSegment:
    """To a node, by all shortest paths (End)."""

    node: str

    @property
    def end(self) -> str:
        """The node where the next segment begins."""
        return self.node

    def __str__(self) -> str:
        return self.node


@dataclass(frozen=True)
class AdjacencySegment:
    """To the tail of an adjacency, by all shortest paths, and over that adjacency (End.X)."""

    adjacency: Adjacency

    @property
    def end(self) -> str:
        """The node where the next segment begins."""
        return self.adjacency.head

    def __str__(self) -> str:
        return f"{self.adjacency.tail}>{self.adjacency.head}({self.adjacency.link})"


Segment = NodeSegment | AdjacencySegment
Segments = tuple[Segment, ...]


@dataclass(frozen=True)
class TooManySegments:
    """The shortest list is longer than `limit`."""

    shortest: Segments
    limit: int

    def __str__(self) -> str:
        needed = f"at least {len(self.shortest)} segments are needed"
        return f"{needed} ({', '.join(map(str, self.shortest))}), {self.limit} are allowed"


def within_limit(segments: Segments, most: int | None) -> Segments | TooManySegments:
    """The list, or the refusal if it has more than `most`."""
    if most is not None and len(segments) > most:
        return TooManySegments(segments, most)
    return segments
