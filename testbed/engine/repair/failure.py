"""What may fail: a link, a node, or all links of a shared risk group; and what is left then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from testbed.engine.network import Adjacency, Network


@dataclass(frozen=True, order=True)
class Failure:
    """One thing that fails as a whole; a link fails in both directions.

    `risks`: shared risk groups whose links fail with it: all of them, or those at the node `at`.
    """

    kind: Literal["link", "node", "srlg"]
    name: str
    risks: tuple[str, ...] = ()
    at: str = ""

    def takes(self, adjacency: Adjacency) -> bool:
        """True if the adjacency is lost with it."""
        if self.kind == "link" and adjacency.link == self.name:
            return True
        if self.kind == "node" and self.name in (adjacency.tail, adjacency.head):
            return True
        if self.at and self.at not in (adjacency.tail, adjacency.head):
            return False
        return not adjacency.srlg.isdisjoint(self.groups)

    @property
    def groups(self) -> tuple[str, ...]:
        """The shared risk groups that fail."""
        return (self.name, *self.risks) if self.kind == "srlg" else self.risks

    def __str__(self) -> str:
        said = [] if self.kind == "srlg" else [f"{self.kind} {self.name}"]
        said += [f"srlg {group}" for group in self.groups]
        return ", ".join(said) + (f" at {self.at}" if self.at else "")


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
