"""What is asked for one pair of nodes, and which of several intents for a pair counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from testbed.engine.intents.model import Intent


@dataclass(frozen=True)
class Ask:
    """The traffic of some families from a head end to an endpoint, and the intent for it."""

    intent: Intent
    source: str
    target: str
    families: tuple[int, ...]

    def __hash__(self) -> int:
        return hash((*self.ends, self.families))  # names of intents are not used twice

    @property
    def bandwidth_mbit(self) -> float:
        """Of all its families together."""
        return self.intent.bandwidth_mbit * len(self.families)

    @property
    def ends(self) -> tuple[str, str, str]:
        """Intent, head end and endpoint."""
        return self.intent.name, self.source, self.target

    def __str__(self) -> str:
        versions = ", ".join(f"IPv{family}" for family in self.families)
        return f"{self.source} → {self.target}, {versions}"


@dataclass(frozen=True)
class Overruled:
    """Traffic that another intent, closer to it, is about."""

    intent: str
    source: str
    target: str
    family: int
    by: str


def asks_of(
    intents: Iterable[Intent], ends: Mapping[str, int], families: Collection[int]
) -> tuple[list[Ask], list[Overruled]]:
    """In the order in which they are decided: larger demands first, then by name and pair.

    `ends`: cluster nodes and their place in the plan's order; `families`: of which there are pods.
    """
    claims: dict[tuple[str, str, int], Intent] = {}
    overruled: list[Overruled] = []
    for intent in sorted(intents, key=lambda one: (-one.closeness, one.name)):
        for source, target in intent.pairs(ends):
            for family in intent.families:
                if family not in families:
                    continue
                by = claims.setdefault((source, target, family), intent)
                if by is not intent:
                    overruled.append(Overruled(intent.name, source, target, family, by.name))
    grouped: dict[tuple[str, str, str], list[int]] = {}
    named = {intent.name: intent for intent in claims.values()}
    for (source, target, family), intent in claims.items():
        grouped.setdefault((intent.name, source, target), []).append(family)
    asks = [Ask(named[n], s, t, tuple(sorted(each))) for (n, s, t), each in grouped.items()]

    def place(ask: Ask) -> tuple[float, str, int, int]:
        return -ask.bandwidth_mbit, ask.intent.name, ends[ask.source], ends[ask.target]

    return sorted(asks, key=place), overruled
