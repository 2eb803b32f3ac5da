"""What a path may be shortest by, and what an adjacency counts for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from testbed.engine.network import Adjacency

Weight = Literal["igp", "delay", "hops"]
Path = tuple[Adjacency, ...]

# A link with this metric is advertised, but no part of shortest paths (RFC 5305 §3).
UNUSED_METRIC = 0xFF_FFFF
_MOST_HOPS = 1 << 16


def weigh(adjacency: Adjacency, weight: Weight) -> int:
    """A whole number above 0, so that no shortest path has a loop.

    Of equal delay, the path with fewer hops is the shorter. A metric of 0 counts as 1.
    """
    if weight == "igp":
        return max(adjacency.metric, 1)
    if weight == "delay":
        return adjacency.delay_us * _MOST_HOPS + 1
    return 1


def in_spf(adjacency: Adjacency, weight: Weight) -> bool:
    """True if shortest paths by this weight may use the adjacency."""
    return weight != "igp" or adjacency.metric < UNUSED_METRIC


def unweigh(total: int, weight: Weight) -> int:
    """A sum of weights in the unit that people know: metric, microseconds, hops."""
    return total // _MOST_HOPS if weight == "delay" else total


def cost(path: Sequence[Adjacency], weight: Weight) -> int:
    """The metric, the microseconds or the hops of a path."""
    return unweigh(sum(weigh(adjacency, weight) for adjacency in path), weight)


def delay_us(path: Sequence[Adjacency]) -> int:
    """The delay of a path in microseconds."""
    return sum(adjacency.delay_us for adjacency in path)
