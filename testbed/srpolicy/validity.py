"""Checks whether a head end may use a candidate (RFC 9256 §5), in sentences for people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv6Address

from testbed.srpolicy.model import FAMILY_OF_BEHAVIOR, Candidate, SegmentList

# Which SIDs each endpoint announces as its own, with the family each decapsulates.
Announced = Mapping[IPv6Address, Mapping[IPv6Address, int]]

LINUX_MAX_SEGMENTS = 127  # (255 - 0) / 2: the SRH's length octet counts 8-octet units


def problems(
    candidate: Candidate,
    announced: Announced | None = None,
    max_segments: int | None = None,
    head_end: IPv6Address | None = None,
) -> list[str]:
    """Why the candidate is invalid, one sentence each; empty means valid.

    `head_end`: the address of the node that would use it.
    """
    found = structure(candidate, max_segments)
    if announced is not None and not found:
        found = egress(candidate, announced) + waypoints(candidate, announced)
        if head_end is not None:
            found += first_segments(candidate, {head_end, *announced.get(head_end, ())})
    return found


def structure(candidate: Candidate, max_segments: int | None = None) -> list[str]:
    """Faults that need no knowledge of the network."""
    found = []
    if not usable(candidate.endpoint):
        found.append(f"endpoint {candidate.endpoint} is not a unicast address")
    if candidate.binding_sid is not None and not usable(candidate.binding_sid):
        found.append(f"binding SID {candidate.binding_sid} is not a unicast address")
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
        family = FAMILY_OF_BEHAVIOR.get(last.behavior or 0)
        if last.sid not in own:
            found.append(f"last SID {last.sid} is not one that {candidate.endpoint} announces")
        elif own[last.sid] != family:
            found.append(
                f"last SID {last.sid} decapsulates IPv{own[last.sid]} at its endpoint, "
                f"the policy says IPv{family}"
            )
    return found


def waypoints(candidate: Candidate, announced: Announced) -> list[str]:
    """A waypoint must not be a SID that decapsulates: it drops what has segments left."""
    ends = {sid: endpoint for endpoint, own in announced.items() for sid in own}
    found = dict.fromkeys(
        sid for item in candidate.segment_lists for sid in item.sids[:-1] if sid in ends
    )
    return [f"waypoint {sid} is a local SID of {ends[sid]}, which ends the tunnel" for sid in found]


def first_segments(candidate: Candidate, own: Collection[IPv6Address]) -> list[str]:
    """The first segment must be elsewhere: packets to the head end itself never leave it."""
    found = dict.fromkeys(item.sids[0] for item in candidate.segment_lists if item.sids[0] in own)
    return [f"its first segment {sid} is this node itself: no packet would leave" for sid in found]


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
