"""What a path must keep to, as one object and as single constraints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from testbed.engine.network import Adjacency

Kind = Literal[
    "avoid-node",
    "require-node",
    "avoid-link",
    "require-link",
    "exclude-affinity",
    "include-any-affinity",
    "include-affinity",
    "avoid-srlg",
    "include-srlg",
    "max-delay",
    "bandwidth",
]
_NOBODY: frozenset[str] = frozenset()

_SENTENCES: dict[Kind, str] = {
    "avoid-node": "avoid node {}",
    "require-node": "visit node {}",
    "avoid-link": "avoid link {}",
    "require-link": "use link {}",
    "exclude-affinity": "no link with affinity {}",
    "include-any-affinity": "only links with an affinity of {}",
    "include-affinity": "only links with affinity {}",
    "avoid-srlg": "avoid SRLG {}",
    "include-srlg": "only links in SRLG {}",
    "max-delay": "delay of at most {} µs",
    "bandwidth": "capacity of at least {} Mbit/s",
}


@dataclass(frozen=True)
class Constraint:
    """One of them: names (several for "any of these") or an amount."""

    kind: Kind
    names: tuple[str, ...] = ()
    amount: float = 0

    def __str__(self) -> str:
        return _SENTENCES[self.kind].format(", ".join(self.names) or f"{self.amount:.12g}")


@dataclass(frozen=True)
class Constraints:
    """All of them. Required nodes and links are visited in any order; affinities as in RFC 3209.

    `bandwidth_mbit` is what every adjacency must have; one whose capacity is not known has it.
    """

    avoid_nodes: frozenset[str] = _NOBODY
    require_nodes: frozenset[str] = _NOBODY
    avoid_links: frozenset[str] = _NOBODY
    require_links: frozenset[str] = _NOBODY
    exclude_any: frozenset[str] = _NOBODY
    include_any: frozenset[str] = _NOBODY
    include_all: frozenset[str] = _NOBODY
    avoid_srlgs: frozenset[str] = _NOBODY
    include_srlgs: frozenset[str] = _NOBODY
    max_delay_us: int | None = None
    bandwidth_mbit: float | None = None

    def allow(self, adjacency: Adjacency) -> bool:
        """True if none of those that look at one adjacency alone forbids it."""
        return not (
            adjacency.tail in self.avoid_nodes
            or adjacency.head in self.avoid_nodes
            or adjacency.link in self.avoid_links
            or adjacency.affinity & self.exclude_any
            or (self.include_any and not adjacency.affinity & self.include_any)
            or not self.include_all <= adjacency.affinity
            or adjacency.srlg & self.avoid_srlgs
            or not self.include_srlgs <= adjacency.srlg
            or self._too_narrow(adjacency)
        )

    def _too_narrow(self, adjacency: Adjacency) -> bool:
        needed, capacity = self.bandwidth_mbit, adjacency.capacity_mbit
        return needed is not None and capacity is not None and capacity < needed

    @property
    def only_filter(self) -> bool:
        """True if they say of each adjacency whether it may be used, and nothing of the path."""
        return not self.require_nodes and not self.require_links and self.max_delay_us is None

    def each(self) -> tuple[Constraint, ...]:
        """The single constraints, in a fixed order."""
        by_name: list[tuple[Kind, frozenset[str]]] = [
            ("require-node", self.require_nodes),
            ("require-link", self.require_links),
            ("avoid-node", self.avoid_nodes),
            ("avoid-link", self.avoid_links),
            ("exclude-affinity", self.exclude_any),
            ("include-affinity", self.include_all),
            ("avoid-srlg", self.avoid_srlgs),
            ("include-srlg", self.include_srlgs),
        ]
        found = [Constraint(kind, (name,)) for kind, names in by_name for name in sorted(names)]
        if self.include_any:
            found.append(Constraint("include-any-affinity", tuple(sorted(self.include_any))))
        if self.max_delay_us is not None:
            found.append(Constraint("max-delay", amount=self.max_delay_us))
        if self.bandwidth_mbit is not None:
            found.append(Constraint("bandwidth", amount=self.bandwidth_mbit))
        return tuple(found)


def together(constraints: Iterable[Constraint]) -> Constraints:
    """The object that has exactly these; the reverse of `Constraints.each`."""
    names: dict[Kind, set[str]] = {}
    amounts: dict[Kind, float] = {}
    for one in constraints:
        names.setdefault(one.kind, set()).update(one.names)
        amounts[one.kind] = one.amount

    def named(kind: Kind) -> frozenset[str]:
        return frozenset(names.get(kind, ()))

    return Constraints(
        avoid_nodes=named("avoid-node"),
        require_nodes=named("require-node"),
        avoid_links=named("avoid-link"),
        require_links=named("require-link"),
        exclude_any=named("exclude-affinity"),
        include_any=named("include-any-affinity"),
        include_all=named("include-affinity"),
        avoid_srlgs=named("avoid-srlg"),
        include_srlgs=named("include-srlg"),
        max_delay_us=int(amounts["max-delay"]) if "max-delay" in amounts else None,
        bandwidth_mbit=amounts.get("bandwidth"),
    )
