"""What may fail: a link, a node, or all links of a shared risk group; and what is left then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from testbed.engine.network import Adjacency, Network


@dataclass(frozen=True, order=True)
class Failure:
    """One thing that fails as a whole; a link fails in both directions."""

    kind: Literal["link", "node", "srlg"]
    name: str

    def takes(self, adjacency: Adjacency) -> bool:
        """True if the adjacency is lost with it."""
        if self.kind == "link":
            return adjacency.link == self.name
        if self.kind == "node":
            return self.name in (adjacency.tail, adjacency.head)
        return self.name in adjacency.srlg

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def failures_beside(network: Network, router: str) -> tuple[Failure, ...]:
    """Those that a router sees on its own interfaces: its links, neighbours and SRLGs."""
    own = network.outgoing[router]
    found = {Failure("link", adjacency.link) for adjacency in own}
    found |= {Failure("node", adjacency.head) for adjacency in own}
    found |= {Failure("srlg", name) for adjacency in own for name in adjacency.srlg}
    return tuple(sorted(found))


def without(network: Network, failure: Failure) -> Network:
    """The network after it. A node that failed is still named, and has no adjacencies."""
    left = tuple(a for a in network.adjacencies if not failure.takes(a))
    return replace(network, adjacencies=left)
