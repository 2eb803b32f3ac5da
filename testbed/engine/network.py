"""The network as the TE engine sees it: nodes and directed adjacencies with their TE attributes.

One form for every source (a plan, the link state of a running lab, a published topology), so
that what computes never knows where the network came from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, order=True)
class Adjacency:
    """One direction of a link, from `tail` to `head`.

    `link` names the link that both directions share; parallel links have different names.
    Metric is IS-IS's (RFC 5305), delay in microseconds (RFC 8570), capacity in Mbit/s (None:
    not known, unlimited), affinity and srlg are names (RFC 7308, RFC 4202).
    """

    tail: str
    head: str
    link: str
    metric: int
    delay_us: int = 0
    capacity_mbit: float | None = None
    affinity: frozenset[str] = frozenset()
    srlg: frozenset[str] = frozenset()


Key = tuple[str, str, str]


def key_of(adjacency: Adjacency) -> Key:
    """What tells adjacencies apart, whatever is known of them: tail, head and link."""
    return adjacency.tail, adjacency.head, adjacency.link


@dataclass(frozen=True)
class Network:
    """Nodes, those with the overload bit (no transit: RFC 3787 §4), and directed adjacencies."""

    nodes: frozenset[str]
    adjacencies: tuple[Adjacency, ...]
    overloaded: frozenset[str] = field(default=frozenset())

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Adjacency, ...]]:
        """Adjacencies by tail, in a fixed order, so that equal input gives equal paths."""
        found: dict[str, list[Adjacency]] = {name: [] for name in sorted(self.nodes)}
        for adjacency in sorted(self.adjacencies, key=lambda a: (a.tail, a.head, a.link)):
            found[adjacency.tail].append(adjacency)
        return {name: tuple(items) for name, items in found.items()}

    @cached_property
    def by_key(self) -> Mapping[Key, Adjacency]:
        """Adjacencies by what tells them apart."""
        return {key_of(adjacency): adjacency for adjacency in self.adjacencies}
