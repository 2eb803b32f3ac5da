"""Detours for policies of people that ask for protection, while what they visit is gone. Pure.

A head end does not know what becomes of waypoints further away, and would send its packets there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from testbed import usid
from testbed.engine.compute.spf import Routing
from testbed.engine.decide.route import Route
from testbed.engine.decide.waypoints import Waypoint
from testbed.engine.network import Adjacency
from testbed.engine.segments.expand import expand
from testbed.engine.segments.segment import AdjacencySegment, NodeSegment, Segment, Segments
from testbed.srpolicy import model
from testbed.srpolicy.model import Candidate, SegmentList

Known = Callable[[IPv6Address], Waypoint]


@dataclass(frozen=True)
class Guarded:
    """A protected policy on one of its head ends; the candidates that this takes, best first."""

    policy: str
    head_end: str
    endpoint: str
    family: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Way:
    """What packets of a policy take: lists, and what the first of them visits.

    `gone`: names of waypoints of its own that are not there or not reached; empty: it goes its own
    way. `how`: what the detour is. No lists: nothing leads to the endpoint.
    """

    lists: tuple[SegmentList, ...]
    segments: Segments = ()
    gone: tuple[str, ...] = ()
    how: str = ""


def way_of(routing: Routing, known: Known, guarded: Guarded) -> Way:
    """Its own way; else the first that leads there: other lists of its best candidate, its next
    candidate, its best candidate without the waypoints that are gone."""
    best, *others = guarded.candidates
    alive = _alive(routing, known, guarded, best)
    if len(alive) == len(best.segment_lists):
        return Way(alive, _visited(known, guarded, alive))
    gone = tuple(dict.fromkeys(_gone(routing, known, guarded, best)))
    if alive:
        return Way(alive, _visited(known, guarded, alive), gone, "by its other segment lists")
    for other in others:
        if alive := _alive(routing, known, guarded, other):
            how = f"by its candidate with preference {other.preference}"
            return Way(alive, _visited(known, guarded, alive), gone, how)
    kept = _without_gone(routing, known, guarded, best)
    return Way(kept, _visited(known, guarded, kept) if kept else (), gone, f"without {_and(gone)}")


def route_of(routing: Routing, head_end: str, segments: Segments) -> Route | None:
    """The paths of such packets; None if they go nowhere."""
    if not segments:
        return None
    path: list[Adjacency] = []
    at = head_end
    for segment in segments:
        across = segment.adjacency if isinstance(segment, AdjacencySegment) else None
        target = across.tail if across else segment.end
        while at != target:
            path.append(routing.next_hops(at, target)[0])
            at = path[-1].head
        path += [across] if across else []
        at = segment.end
    taken = expand(routing, head_end, segments).adjacencies
    return Route(tuple(path), taken, segments, sum(adjacency.metric for adjacency in path))


def _and(names: Sequence[str]) -> str:
    return " and ".join(names) if names else "any waypoint"


def _alive(
    routing: Routing, known: Known, guarded: Guarded, candidate: Candidate
) -> tuple[SegmentList, ...]:
    return tuple(
        item
        for item in candidate.segment_lists
        if all(there for _, there in _visits(routing, known, guarded, item))
        and _leads(routing, guarded.head_end, [*_segments(known, item)], guarded.endpoint)
    )


def _gone(routing: Routing, known: Known, guarded: Guarded, candidate: Candidate) -> Iterator[str]:
    for item in candidate.segment_lists:
        visits = _visits(routing, known, guarded, item)
        yield from (known(sid).name for sid, there in visits if not there)


def _without_gone(
    routing: Routing, known: Known, guarded: Guarded, candidate: Candidate
) -> tuple[SegmentList, ...]:
    """The lists without what is gone, in their order; those that become the same are one."""
    weights: dict[tuple[model.Segment, ...], int] = {}
    if _leads(routing, guarded.head_end, (), guarded.endpoint):
        for item in candidate.segment_lists:
            left = [sid for sid, there in _visits(routing, known, guarded, item) if there]
            segments = _rewritten(item, left)
            weights[segments] = weights.get(segments, 0) + item.weight
    return tuple(SegmentList(segments, weight) for segments, weight in weights.items())


def _rewritten(item: SegmentList, left: Sequence[IPv6Address]) -> tuple[model.Segment, ...]:
    """Compressed where the list was."""
    sids: tuple[IPv6Address, ...] = (*left, usid.expanded(item.sids)[-1])
    if usid.expanded(item.sids) != item.sids:
        sids = usid.compressed(sids)
    *waypoints, last = sids
    return (*map(model.Segment, waypoints), replace(item.segments[-1], sid=last))


def _visits(
    routing: Routing, known: Known, guarded: Guarded, item: SegmentList
) -> Iterator[tuple[IPv6Address, bool]]:
    """Each waypoint, and whether packets get there, and from there to the endpoint."""
    at = guarded.head_end
    for sid in usid.expanded(item.sids)[:-1]:
        segment = known(sid).segment
        there = (
            segment is not None
            and segment != NodeSegment(at)  # Linux loses what a head end sends to itself
            and _leads(routing, at, (segment,), guarded.endpoint)
        )
        if there and segment is not None:
            at = segment.end
        yield sid, there


def _leads(routing: Routing, source: str, segments: Sequence[Segment], endpoint: str) -> bool:
    if not {source, endpoint} <= routing.network.nodes:
        return False
    return expand(routing, source, (*segments, NodeSegment(endpoint))).end == endpoint


def _segments(known: Known, item: SegmentList) -> Iterator[Segment]:
    found = (known(sid).segment for sid in usid.expanded(item.sids)[:-1])
    return (segment for segment in found if segment is not None)


def _visited(known: Known, guarded: Guarded, lists: Sequence[SegmentList]) -> Segments:
    """Of the list that most packets take."""
    most = max(lists, key=lambda item: item.weight)
    return (*_segments(known, most), NodeSegment(guarded.endpoint))
