"""Policies that are entered by binding SIDs, also from other policies: where that never ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address

from testbed.srpolicy.model import Segment, SegmentList

# Which segment lists a packet may be given on arrival at a binding SID.
Bound = Mapping[IPv6Address, frozenset[SegmentList]]


def find_cycle(
    binding_sid: IPv6Address | None, lists: Iterable[SegmentList], bound: Bound
) -> tuple[IPv6Address, ...]:
    """Binding SIDs of which each leads into the next and the last into the first; empty if none.

    A packet that enters such a policy gets one outer header after another and never arrives.
    `binding_sid`: that of the policy with these lists.
    """
    return _search(lists, bound, () if binding_sid is None else (binding_sid,))


def _search(
    lists: Iterable[SegmentList], bound: Bound, entered: tuple[IPv6Address, ...]
) -> tuple[IPv6Address, ...]:
    for sid in entries(lists, bound, entered[:1]):
        if sid in entered:
            return entered[entered.index(sid) :]
        if found := _search(bound.get(sid, ()), bound, (*entered, sid)):
            return found
    return ()


def entries(
    lists: Iterable[SegmentList], bound: Bound, more: Iterable[IPv6Address] = ()
) -> list[IPv6Address]:
    """The binding SIDs among the waypoints, in order of address; `more` are such as well."""
    known = {*bound, *more}
    return sorted({sid for item in lists for sid in item.sids[:-1] if sid in known})


def segment_list(sids: Iterable[IPv6Address], weight: int = 1) -> SegmentList:
    """A list of which only the SIDs and the weight are known, as agents report it."""
    return SegmentList(tuple(Segment(sid) for sid in sids), weight)
