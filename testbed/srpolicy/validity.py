"""Checks whether a head end may use a candidate (RFC 9256 §5), in sentences for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from testbed import usid
from testbed.srpolicy.model import FAMILY_OF_BEHAVIOR, Candidate, SegmentList
from testbed.srpolicy.stitching import Bound, find_cycle

# Which SIDs each endpoint announces as its own, with the family each decapsulates.
Announced = Mapping[IPv6Address, Mapping[IPv6Address, int]]

LINUX_MAX_SEGMENTS = 127  # (255 - 0) / 2: the SRH's length octet counts 8-octet units


@dataclass(frozen=True)
class HeadEnd:
    """What a head end knows of itself and of the network, besides what endpoints announce.

    `bound`: binding SIDs of this head end and of others, with what they lead into.
    `name_pool`: of an address, the pool of SIDs or pods that it lies in ("" for none).
    `has_route`: does its kernel have a route to an address?
    """

    address: IPv6Address
    local_sids: frozenset[IPv6Address] = frozenset()
    bound: Bound = field(default_factory=dict)
    own_binding_sids: frozenset[IPv6Address] = frozenset()
    name_pool: Callable[[IPv6Address], str] = lambda _address: ""
    has_route: Callable[[IPv6Address], bool] = lambda _address: True


def problems(
    candidate: Candidate,
    announced: Announced | None = None,
    max_segments: int | None = None,
    head_end: HeadEnd | None = None,
) -> list[str]:
    """Why the candidate is invalid, one sentence each; empty means valid."""
    found = structure(candidate, max_segments)
    if announced is not None and not found:
        found = egress(candidate, announced)
    if head_end is not None and not found:
        found = transit(candidate, announced or {}, head_end)
    return found


def structure(candidate: Candidate, max_segments: int | None = None) -> list[str]:
    """Faults that need no knowledge of the network."""
    found = []
    if not usable(candidate.endpoint):
        found.append(f"endpoint {candidate.endpoint} is not a unicast address")
    if candidate.binding_sid is not None and not usable(candidate.binding_sid):
        found.append(f"binding SID {candidate.binding_sid} is not a unicast address")
    if candidate.specified_sid_only and candidate.binding_sid is None:
        found.append("it has no binding SID, and is invalid without (Specified-BSID-Only)")
    if not candidate.segment_lists:
        found.append("there is no segment list")
    several = len(candidate.segment_lists) > 1
    for number, segment_list in enumerate(candidate.segment_lists, 1):
        prefix = f"segment list {number}: " if several else ""
        found.extend(prefix + fault for fault in _list_faults(segment_list, max_segments))
    families = {item.family for item in candidate.segment_lists} - {None}
    if len(families) > 1:
        found.append("one segment list ends in End.DT4, another in End.DT6")
    return found


def egress(candidate: Candidate, announced: Announced) -> list[str]:
    """The last SID must be one that the endpoint announces, for the same family."""
    own = announced.get(candidate.endpoint)
    if own is None:
        return [f"endpoint {candidate.endpoint} announces no local SIDs"]
    found = []
    for last in dict.fromkeys(item.segments[-1] for item in candidate.segment_lists):
        family, sid = FAMILY_OF_BEHAVIOR.get(last.behavior or 0), usid.parts(last.sid)[-1]
        if sid not in own:
            found.append(f"last SID {sid} is not one that {candidate.endpoint} announces")
        elif own[sid] != family:
            found.append(
                f"last SID {sid} decapsulates IPv{own[sid]} at its endpoint, "
                f"the policy says IPv{family}"
            )
    return found


def transit(candidate: Candidate, announced: Announced, head_end: HeadEnd) -> list[str]:
    """Segments that this head end knows to lose every packet."""
    lists = (item.sids for item in candidate.segment_lists)
    faults = [fault for sids in lists for fault in _lost(sids, announced, head_end)]
    cycle = find_cycle(candidate.binding_sid, candidate.segment_lists, head_end.bound)
    if cycle:
        faults.append(describe_cycle(cycle))
    return list(dict.fromkeys(faults))


def describe_cycle(cycle: Iterable[IPv6Address]) -> str:
    """Why no packet that enters ever arrives."""
    first, *others = map(str, cycle)
    through = f" by {', '.join(others)}" if others else ""
    return f"binding SID {first} leads back to itself{through}, so that no packet arrives"


def starts_at(sids: tuple[IPv6Address, ...], head_end: IPv6Address) -> bool:
    """Is the first of several segments the head end itself?

    Linux encapsulates to its own address and loses the packet. As a later segment it is one
    like any other: the packet comes back and goes on.
    """
    return len(sids) > 1 and sids[0] == head_end


def _lost(sids: tuple[IPv6Address, ...], announced: Announced, head_end: HeadEnd) -> Iterator[str]:
    if starts_at(sids, head_end.address):
        yield f"its first segment {sids[0]} is this node itself: no packet would leave"
    if sids[0] in head_end.own_binding_sids:
        yield f"its first segment {sids[0]} is a binding SID of this node itself"
    for sid in usid.expanded(sids)[:-1]:
        if owner := _name_owner(sid, announced, head_end):
            yield f"waypoint {sid} is a local SID of {owner}, which ends the tunnel"
        elif sid not in head_end.bound and (pool := head_end.name_pool(sid)):
            yield f"waypoint {sid} lies in pool {pool}, where no node forwards by segments"
    yield from (f"there is no route to {sid}" for sid in _unrouted(sids, head_end))


def _name_owner(sid: IPv6Address, announced: Announced, head_end: HeadEnd) -> str:
    """Who announces it as its own; empty if nobody does."""
    if sid in head_end.local_sids:
        return "this node"
    return next((str(endpoint) for endpoint, sids in announced.items() if sid in sids), "")


def _unrouted(sids: Iterable[IPv6Address], head_end: HeadEnd) -> list[IPv6Address]:
    return [sid for sid in sids if sid != head_end.address and not head_end.has_route(sid)]


def usable(address: IPv6Address) -> bool:
    """True for an address that can be a packet's destination in the underlay."""
    return not (
        address.is_unspecified
        or address.is_loopback
        or address.is_multicast
        or address.is_link_local
        or address.ipv4_mapped is not None
    )


def _list_faults(segment_list: SegmentList, max_segments: int | None) -> Iterator[str]:
    if segment_list.weight == 0:
        yield "its weight is 0"
    if not segment_list.segments:
        yield "there are no segments"
        return
    limit = LINUX_MAX_SEGMENTS if max_segments is None else max_segments
    if len(segment_list.segments) > limit:
        yield f"{len(segment_list.segments)} segments, at most {limit} fit the pod MTU"
    for segment in segment_list.segments:
        if not usable(segment.sid):
            yield f"SID {segment.sid} is not a unicast address"
    if segment_list.family is None:
        behavior = segment_list.segments[-1].behavior
        said = "no behaviour" if behavior is None else f"behaviour {behavior}"
        yield f"the last segment has {said}; it must be 18 (End.DT6) or 19 (End.DT4)"
