"""What is asked of whoever looks for two paths that run no risk in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from testbed.engine.compute.weights import Weight
from testbed.engine.network import Adjacency

Risk = tuple[str, str]  # its kind, its name
RisksOf = Callable[[Adjacency], frozenset[Risk]]


@dataclass(frozen=True)
class PairWanted:
    """Two paths out of these adjacencies that cost the least together; no risk is run by both."""

    adjacencies: Sequence[Adjacency]
    source: str
    target: str
    weight: Weight
    risks_of: RisksOf
