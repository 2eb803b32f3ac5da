"""Checks policies that enter others by binding SIDs: where that ends, and if the packets fit."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Address

from testbed.plan.limits import MOST_SEGMENTS
from testbed.plan.mtu import reserve, segments_for, tunnel_mtu_for
from testbed.srpolicy.model import SegmentList
from testbed.srpolicy.stitching import find_cycle
from testbed.srpolicy.validity import describe_cycle
from testbed.te.lint.findings import Finding
from testbed.te.lint.subject import Subject
from testbed.te.owners import Owners
from testbed.te.stitched import outer_bytes


def check(owners: Owners, subject: Subject) -> Iterator[Finding]:
    """Findings on segment lists with binding SIDs among their waypoints."""
    for number, item in enumerate(subject.candidate.segment_lists):
        entry = next((i for i, sid in enumerate(item.sids[:-1]) if sid in owners.bound), None)
        if entry is None:
            continue
        where = subject.segment_at(number, entry)
        cycle = find_cycle(subject.candidate.binding_sid, [item], owners.bound_lists)
        if cycle:
            fix = f"leave {item.sids[entry]} out"
            yield Finding("error", where, describe_cycle(cycle), fix)
        else:
            yield from _check_size(owners, item, item.sids[entry], where)


def _check_size(
    owners: Owners, item: SegmentList, entry: IPv6Address, where: str
) -> Iterator[Finding]:
    plan, size = owners.plan, outer_bytes(owners, item)
    room = reserve(plan.max_segments)
    if size <= room or len(item.segments) > plan.max_segments:  # too many are told of as such
        return
    yield Finding(
        "error",
        where,
        f"behind binding SID {entry} packets carry {size} bytes outside, with the further header; "
        f"the plan's max_segments {plan.max_segments} leave room for {room}",
        _suggest_room(segments_for(size), entry),
    )


def _suggest_room(segments: int, entry: IPv6Address) -> str:
    without = f"leave {entry} out"
    if segments > MOST_SEGMENTS:
        return f"{without}; no topology has more than max_segments={MOST_SEGMENTS}"
    mtu = tunnel_mtu_for(segments)
    return f"{without}, or use a topology with max_segments={segments} and mtu={mtu} on its links"
