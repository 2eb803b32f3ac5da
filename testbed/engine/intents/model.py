"""An intent as a type, and the pairs of nodes that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from typing import Literal

from testbed.plan.model import Encoding

Optimise = Literal["igp", "delay", "hops", "spare-bandwidth"]
Separation = Literal["link", "node", "srlg"]

ALL = "all"  # in `from` and `to`: every cluster node


@dataclass(frozen=True)
class Resources:
    """Parts of the network, by name, that a path avoids or requires.

    Avoid: none of them. Require: every node and link named; and every link between routers has
    each of the affinities and is in each of the groups.
    """

    nodes: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    affinity: frozenset[str] = frozenset()
    srlg: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Disjoint:
    """No two paths of intents in this group have one of these in common, whatever their ends."""

    group: str
    separation: Separation = "link"


@dataclass(frozen=True)
class Intent:
    """What is wanted of the paths from some cluster nodes to others.

    `sources`, `targets`: names, patterns (`worker*`) or `all`. Families are 4 and 6.
    `bandwidth_mbit` is of each pair of nodes and family. Strict: rather no path than one
    that does not satisfy everything.
    """

    name: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    families: tuple[int, ...] = (4, 6)
    optimise: Optimise = "igp"
    avoid: Resources = Resources()
    require: Resources = Resources()
    max_delay_us: int | None = None
    max_segments: int | None = None
    disjoint: Disjoint | None = None
    bandwidth_mbit: float = 0.0
    strict: bool = True
    protect: bool = False
    encoding: Encoding | None = None  # None: the plan's

    @property
    def closeness(self) -> int:
        """How many of its ends are named, not patterns: of two for a pair the closer one counts."""
        return sum(not any(map(is_pattern, words)) for words in (self.sources, self.targets))

    def pairs(self, nodes: Mapping[str, int]) -> Iterator[tuple[str, str]]:
        """Head end and endpoint of each path, of these nodes (name → place in their order)."""
        ends = product(matching(self.sources, nodes), matching(self.targets, nodes))
        return ((source, target) for source, target in ends if source != target)


def is_pattern(word: str) -> bool:
    """Does it stand for several nodes?"""
    return word == ALL or any(letter in word for letter in "*?[")


def matching(words: Iterable[str], nodes: Mapping[str, int]) -> list[str]:
    """The nodes that these names, patterns or `all` mean, in the nodes' order."""
    words = list(words)
    found = {word for word in words if word in nodes}
    for pattern in ("*" if word == ALL else word for word in words if is_pattern(word)):
        found |= {node for node in nodes if fnmatchcase(node, pattern)}
    return sorted(found, key=nodes.__getitem__)
