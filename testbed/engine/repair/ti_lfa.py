"""Topology-independent loop-free alternates (RFC 9855): what a router does until others know.

When a link or neighbour fails, a router at once sends packets along the path that they will take
after convergence. All others still forward by the shortest paths from before. So the repair is a
next hop and the fewest segments with which *every* equal-cost branch of those old paths is part of
a path after convergence. Such a path does not touch what failed, so neither does a packet; and it
has no loop.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from testbed.engine.compute.spf import Dag, Routing, arcs_between
from testbed.engine.network import Adjacency
from testbed.engine.repair.failure import Failure, without
from testbed.engine.segments.segment import Segment
from testbed.engine.segments.within import named, steps_within


@dataclass(frozen=True)
class Repair:
    """To a destination whose next hop failed: by this adjacency, with these segments inserted.

    Without segments it is a plain loop-free next hop. The destination's own address is the last
    segment in any case, and is not among them.
    """

    destination: str
    first: Adjacency
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Protection:
    """What a router has against one failure.

    `cut_off`: destinations that nothing leads to any more. `too_long`: repairs that need more
    segments than allowed.
    """

    router: str
    failure: Failure
    repairs: tuple[Repair, ...]
    cut_off: tuple[str, ...]
    too_long: tuple[Repair, ...]

    @property
    def affected(self) -> int:
        """Destinations for which the router uses what fails."""
        return len(self.repairs) + len(self.cut_off) + len(self.too_long)

    @property
    def plain(self) -> int:
        """Destinations for which another next hop is enough."""
        return sum(not repair.segments for repair in self.repairs)

    @property
    def coverage(self) -> float:
        """The protected part of what the graph allows to protect, from 0 to 1."""
        possible = len(self.repairs) + len(self.too_long)
        return len(self.repairs) / possible if possible else 1.0


def protect(
    routing: Routing,
    router: str,
    failure: Failure,
    max_segments: int | None = None,
    only: Container[str] | None = None,
) -> Protection:
    """Repairs of one router. `routing` is by IGP metric, from before the failure.

    At most `max_segments` are inserted. A node that fails is no destination: nobody reaches it.
    `only` leaves out destinations that are not in it.
    """
    after = Routing(without(routing.network, failure), routing.weight)
    source = routing.number[router]
    post = after.away_from(source)  # the numbers of nodes are the same in both
    repairs, cut_off, too_long = [], [], []
    for target in _affected(routing, source, failure):
        name = routing.nodes[target]
        if only is not None and name not in only:
            continue
        repair = _repair(routing, after, post, target)
        if repair is None:
            cut_off.append(name)
        elif max_segments is not None and len(repair.segments) > max_segments:
            too_long.append(repair)
        else:
            repairs.append(repair)
    return Protection(router, failure, tuple(repairs), tuple(cut_off), tuple(too_long))


def _affected(routing: Routing, source: int, failure: Failure) -> Iterator[int]:
    """Destinations to which a first hop of the router fails."""
    lost = {
        routing.arc(adjacency)
        for adjacency in routing.network.outgoing[routing.nodes[source]]
        if failure.takes(adjacency)
    }
    for target, name in enumerate(routing.nodes):
        gone = failure.kind == "node" and name == failure.name
        if not gone and not lost.isdisjoint(routing.towards(target).arcs[source]):
            yield target


def _repair(routing: Routing, after: Routing, post: Dag, target: int) -> Repair | None:
    wanted = frozenset(
        routing.arc(after.adjacencies[arc]) for arc in arcs_between(post, target, after.tails)
    )
    firsts: dict[int, int] = {}  # by neighbour; of parallel links the first one
    for arc in sorted(wanted):
        if routing.tails[arc] == post.root:
            firsts.setdefault(routing.heads[arc], arc)
    if not firsts:
        return None
    found = steps_within(routing, firsts, target, wanted)
    if found is None:
        raise AssertionError("one adjacency segment per hop leads along any path")
    return Repair(
        routing.nodes[target], routing.adjacencies[firsts[found.start]], named(routing, found)
    )
