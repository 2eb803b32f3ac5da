"""Segment lists that enter other policies by their binding SIDs: what packets carry then."""

from __future__ import annotations

from ipaddress import IPv6Address

from testbed.plan.mtu import entry_overhead, overhead
from testbed.srpolicy.model import Candidate, SegmentList
from testbed.te.owners import Owners


def outer_bytes(owners: Owners, item: SegmentList) -> int:
    """The most bytes before the inner packet on the way along a segment list."""
    return overhead(len(item.segments)) + _bytes_entered(owners, item, frozenset())


def bytes_after_entry(owners: Owners, item: SegmentList, entered: frozenset[IPv6Address]) -> int:
    """The most bytes that this list of a policy puts before a packet that enters it."""
    return entry_overhead(len(item.segments)) + _bytes_entered(owners, item, entered)


def _bytes_entered(owners: Owners, item: SegmentList, entered: frozenset[IPv6Address]) -> int:
    """One further header after the other; of policies that are entered in turn the longest."""
    sizes = [0]
    for sid in item.sids[:-1]:
        if sid not in entered:  # one that leads back to itself is told of elsewhere
            lists = owners.bound_lists.get(sid, ())
            sizes += [bytes_after_entry(owners, one, entered | {sid}) for one in lists]
    return max(sizes)


def entered_by(owners: Owners, sid: IPv6Address) -> Candidate | None:
    """The best policy that a packet enters by this binding SID."""
    candidates = owners.bound.get(sid, [])
    return max(candidates, key=lambda one: one.preference, default=None)
