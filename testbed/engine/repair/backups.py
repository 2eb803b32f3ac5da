"""What one router holds against failures of its own links and neighbours, per destination.

A router cannot tell whether a link or the neighbour behind it failed, or all links that share a
risk with it. So a destination has one backup, the best that exists: where that is wanted, one that
avoids the neighbour, which is right for a failed link as well; else one that avoids the link. Each
is better if it avoids all links of the link's risk groups too, or at least the router's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from testbed.engine.compute.spf import Routing
from testbed.engine.network import Adjacency, Network
from testbed.engine.repair.destinations import (
    Announced,
    Destination,
    destinations,
    with_destinations,
)
from testbed.engine.repair.failure import Failure
from testbed.engine.repair.ti_lfa import Protection, Repair, protect
from testbed.engine.segments.segment import AdjacencySegment, NodeSegment, Segments
from testbed.plan.model import Repair as Kind

# ecmp: other next hops stay; plain: another next hop; segments: a repair list; none: no way
How = Literal["ecmp", "plain", "segments", "none"]
# srlg: of all links in a risk group of the next hops; local-srlg: of the router's own ones alone
Withstood = Literal["link", "node", "srlg", "local-srlg"]
FEWEST_LEFT = 2  # next hops of which one may fail
NOTHING_ELSE = "nothing else leads there"


@dataclass(frozen=True)
class Backup:
    """How one router is protected on its way to one destination.

    `uses`: its next hops now. `against`: what the backup withstands; None for `ecmp` and `none`.
    `first` and `segments`: the backup itself; of several next hops, for when all of them fail.
    `why`: what keeps it from being, for `none`.
    """

    router: str
    destination: Destination
    uses: tuple[Adjacency, ...]
    how: How
    against: Failure | None = None
    first: Adjacency | None = None
    segments: Segments = ()
    why: str = ""

    @property
    def risks(self) -> tuple[str, ...]:
        """The shared risk groups that all its next hops are in."""
        return _shared_risks(self.uses)

    @property
    def withstands(self) -> tuple[Withstood, ...]:
        """Whose failure the destination is protected against."""
        if self.how == "none":
            return ()
        avoided = self.against
        found: list[Withstood] = ["link"]
        if len(_heads(self.uses)) >= FEWEST_LEFT or (avoided and avoided.kind == "node"):
            found.append("node")
        if avoided and avoided.groups:
            found.append("local-srlg" if avoided.at else "srlg")
        return tuple(found)


class Repairs:
    """Backups of every router of one network, by its IGP metrics."""

    def __init__(self, network: Network, announced: Announced, most_segments: int) -> None:
        self._network, self._announced, self._most = network, announced, most_segments
        self._destinations = destinations(announced)
        self._at_risk: dict[str, frozenset[str]] = {}
        self._found: dict[tuple[str, Failure], dict[str, Repair | None]] = {}

    @cached_property
    def _routing(self) -> Routing:
        return Routing(with_destinations(self._network, self._announced))

    def of(self, router: str, kind: Kind) -> list[Backup]:
        """What a router has for each destination that it reaches over a link."""
        found = (self._backup(router, one, kind) for one in self._destinations)
        return [backup for backup in found if backup is not None]

    def _backup(self, router: str, to: Destination, kind: Kind) -> Backup | None:
        if router in to.originators or router not in self._network.nodes:
            return None
        uses = self._routing.next_hops(router, to.node)
        if not uses:
            return None
        if to.originators & self._network.overloaded and len(to.originators) > 1:
            why = "a router with the overload bit announces it beside others"
            return Backup(router, to, uses, "none", why=why)
        for failure in _failures(router, uses, to, kind):
            repair = self._repairs(router, failure).get(to.node)
            if repair is not None:
                return _made(router, to, uses, failure, repair)
        if len(uses) >= FEWEST_LEFT:
            return Backup(router, to, uses, "ecmp")
        return Backup(router, to, uses, "none", why=self._why_not(router, to, uses[0]))

    def _repairs(self, router: str, failure: Failure) -> dict[str, Repair | None]:
        """By destination; None for one whose repair has too many segments."""
        key = router, failure
        if key not in self._found:
            only = self._can_be_lost(router)
            protection = protect(self._routing, router, failure, self._most, only)
            self._found[key] = dict(_by_destination(protection))
        return self._found[key]

    def _can_be_lost(self, router: str) -> frozenset[str]:
        """Destinations whose next hops may fail all at once: others need no repair."""
        if router not in self._at_risk:
            hops = ((d.node, self._routing.next_hops(router, d.node)) for d in self._destinations)
            self._at_risk[router] = frozenset(
                node for node, uses in hops if len(_heads(uses)) == 1 or _shared_risks(uses)
            )
        return self._at_risk[router]

    def _why_not(self, router: str, to: Destination, used: Adjacency) -> str:
        repairs = self._repairs(router, Failure("link", used.link))
        if to.node in repairs:
            return f"its repair has more than {self._most} segments"
        return NOTHING_ELSE


def _heads(uses: Iterable[Adjacency]) -> set[str]:
    return {adjacency.head for adjacency in uses}


def _shared_risks(uses: Iterable[Adjacency]) -> tuple[str, ...]:
    each = [adjacency.srlg for adjacency in uses]
    return tuple(sorted(frozenset.intersection(*each))) if each else ()


def _failures(
    router: str, uses: tuple[Adjacency, ...], to: Destination, kind: Kind
) -> Iterator[Failure]:
    """What would take all next hops, the best to protect against first.

    A neighbour that is the destination cannot fail.
    """
    risks, heads = _shared_risks(uses), _heads(uses)
    if kind == "node" and len(heads) == 1 and heads != to.originators:
        yield from _with_risks(Failure("node", uses[0].head), risks, router)
    if len(uses) == 1:
        yield from _with_risks(Failure("link", uses[0].link), risks, router)
    elif risks:
        together = Failure("srlg", risks[0], risks[1:])
        yield from (together, replace(together, at=router))


def _with_risks(failure: Failure, risks: tuple[str, ...], router: str) -> Iterator[Failure]:
    if risks:
        everywhere = replace(failure, risks=risks)
        yield from (everywhere, replace(everywhere, at=router))
    yield failure


def _by_destination(protection: Protection) -> Iterable[tuple[str, Repair | None]]:
    yield from ((repair.destination, repair) for repair in protection.repairs)
    yield from ((repair.destination, None) for repair in protection.too_long)


def _made(
    router: str, to: Destination, uses: tuple[Adjacency, ...], failure: Failure, repair: Repair
) -> Backup:
    segments = tuple(
        NodeSegment(segment.adjacency.tail)  # which delivers, being one of those that announce it
        if isinstance(segment, AdjacencySegment)
        and segment.adjacency.head == to.node
        and to.node not in to.originators
        else segment
        for segment in repair.segments
    )
    how: How = "segments" if segments else "plain"
    return Backup(router, to, uses, how, failure, repair.first, segments)
