"""What intents with a bandwidth put on links, and how far from the optimum that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from testbed.engine.decide.bound import optimality
from testbed.engine.decide.decide import Decision
from testbed.engine.network import key_of

_MOST = 10  # links that are shown, the fullest first


@dataclass(frozen=True)
class LinkUse:
    """One direction of a link: Mbit/s, and the part of its capacity (None: not limited)."""

    link: str
    tail: str
    head: str
    mbit: float
    capacity: float | None
    utilisation: float | None

    def __str__(self) -> str:
        said = f"{self.tail} → {self.head}: {self.mbit:g}"
        if self.capacity is None or self.utilisation is None:
            return f"{said} Mbit/s"
        return f"{said} of {self.capacity:g} Mbit/s, {self.utilisation:.0%}"


@dataclass(frozen=True)
class LinkLoads:
    """Links that carry traffic of intents, the fullest first.

    Maximal utilisations: of this, of the same traffic on IS-IS's shortest paths (`plain`), and what
    no routing of it can be below (`bound`).
    """

    links: tuple[LinkUse, ...]
    utilisation: float
    plain: float
    bound: float

    def lines(self) -> Iterator[str]:
        """The fullest links, then how far from the bound the fullest is."""
        limited = [one for one in self.links if one.capacity is not None]
        yield from map(str, limited[:_MOST])
        if len(limited) > _MOST:
            yield f"and {len(limited) - _MOST} more links: testbed te plan -o json"
        yield f"fullest link {self.utilisation:.1%}; {self._beside()}"

    def _beside(self) -> str:
        plain = f"on shortest paths {self.plain:.1%}"
        if self.utilisation <= self.bound * (1 + 1e-6):
            return f"{plain}; no routing has less"
        far = self.utilisation / self.bound - 1
        return f"{plain}; no routing has less than {self.bound:.1%}, and this has {far:.1%} more"


def link_loads(decision: Decision) -> LinkLoads | None:
    """Of a decision; None if no intent with a bandwidth is carried."""
    found = optimality(decision)
    if found is None:
        return None
    capacities = {key_of(a): a.capacity_mbit for a in decision.routing.adjacencies}
    links = []
    for (tail, head, link), mbit in decision.load.items():
        capacity = capacities[tail, head, link]
        used = round(mbit / capacity, 6) if capacity else None
        links.append(LinkUse(link, tail, head, round(mbit, 3), capacity, used))
    links.sort(key=lambda one: (-(one.utilisation or 0.0), one.tail, one.head, one.link))
    maximal = (round(each, 6) for each in (found.utilisation, found.plain, found.bound))
    return LinkLoads(tuple(links), *maximal)
