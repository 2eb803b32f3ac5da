"""Checks segment lists against a plan: owner and behaviour of each SID, and the depth."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv6Address

from testbed.plan.limits import MOST_SEGMENTS
from testbed.plan.model import Role
from testbed.plan.mtu import IPV6_MIN_MTU, pod_mtu, tunnel_mtu_for
from testbed.srpolicy.model import SegmentList
from testbed.te.lint.findings import Finding
from testbed.te.lint.subject import Subject
from testbed.te.owners import FAMILY_OF_KIND, ROUTER_SIDS, Kind, Owners


def check(owners: Owners, subject: Subject) -> Iterator[Finding]:
    """Every finding on every segment list of the candidate."""
    for number, segment_list in enumerate(subject.candidate.segment_lists):
        if not segment_list.segments:
            continue  # already said by the structural checks
        yield from _check_depth(owners, subject, number, segment_list)
        for position, sid in enumerate(segment_list.sids[:-1]):
            yield from _check_waypoint(owners, sid, subject.segment_at(number, position))
        yield from _check_first_segment(owners, subject, number, segment_list)
        yield from _check_returns(owners, subject, number, segment_list)
        yield from _check_repeats(subject, number, segment_list)
        last = len(segment_list.segments) - 1
        yield from _check_last_segment(
            owners, subject, segment_list, subject.segment_at(number, last)
        )


def _check_depth(
    owners: Owners, subject: Subject, number: int, segment_list: SegmentList
) -> Iterator[Finding]:
    plan, depth = owners.plan, len(segment_list.segments)
    if depth <= plan.max_segments:
        return
    left = pod_mtu(plan.tunnel_mtu, depth)
    under = f", under IPv6's {IPV6_MIN_MTU}" if left < IPV6_MIN_MTU else ""
    yield Finding(
        "error",
        subject.segment_at(number, plan.max_segments),
        f"{depth} segments, the plan has max_segments {plan.max_segments}: over links of MTU "
        f"{plan.tunnel_mtu} they leave pods {left} bytes{under}",
        f"use at most {plan.max_segments}" + _suggest_topology(depth, under=bool(under)),
    )


def _suggest_topology(depth: int, under: bool) -> str:
    """The topology that would carry so many segments, where there is one."""
    if depth > MOST_SEGMENTS:
        return f"; no topology has more than max_segments={MOST_SEGMENTS}"
    mtu = f" and mtu={tunnel_mtu_for(depth)} on its links" if under else ""
    return f", or a topology with max_segments={depth}{mtu}"


def _check_returns(
    owners: Owners, subject: Subject, number: int, segment_list: SegmentList
) -> Iterator[Finding]:
    """A head end that is a later waypoint gets the packet back, and sends it on."""
    for position, sid in enumerate(segment_list.sids[1:-1], 1):
        owned = owners.get(sid)
        if owned is None or owned.kind in FAMILY_OF_KIND:
            continue
        if owned.node in subject.candidate.head_ends:
            yield Finding(
                "warning",
                subject.segment_at(number, position),
                f"waypoint {sid} is the head end {owned.node} itself: packets come back to it",
                "leave it out",
            )


def _check_waypoint(owners: Owners, sid: IPv6Address, where: str) -> Iterator[Finding]:
    owned = owners.get(sid)
    if owned is None:
        pool = owners.pool_of(sid)
        what = f"no node has the waypoint {sid}"
        what += f", though it lies in {pool.name}'s SID pool" if pool else ""
        near = owners.closest(sid, Kind.END, Kind.END_X, Kind.NODE, Kind.BINDING)
        yield Finding("error", where, what, near or _list_routers(owners))
    elif owned.kind in FAMILY_OF_KIND:
        what = f"waypoint {sid} is {owned.node}'s {owned.kind.value} SID, which ends the tunnel"
        if owned.kind in ROUTER_SIDS:
            loopback = owners.plan.node(owned.node).loopback_v6
            yield Finding("error", where, what, f"use its loopback {loopback}")
        else:
            yield Finding("error", where, what, "it can only be the last segment")
    elif owned.kind is Kind.HOST:
        yield Finding(
            "error",
            where,
            f"waypoint {sid} is on {owned.node}, which does not forward",
            _list_routers(owners),
        )
    elif owned.kind is Kind.INTERFACE:
        loopback = owners.plan.node(owned.node).loopback_v6
        yield Finding(
            "warning",
            where,
            f"waypoint {sid} is one interface of {owned.node}: lost when that link is down",
            f"use its loopback {loopback}",
        )


def _check_first_segment(
    owners: Owners, subject: Subject, number: int, segment_list: SegmentList
) -> Iterator[Finding]:
    """A head end that is the first waypoint of its own policy: no packet would leave it."""
    first = owners.get(segment_list.sids[0])
    if first is None or len(segment_list.sids) == 1:
        return
    users = subject.head_ends(owners.plan)
    if first.node not in users:
        return
    others = [name for name in users if name != first.node]
    severe = first.node in subject.candidate.head_ends or not others
    yield Finding(
        "error" if severe else "warning",
        subject.segment_at(number, 0),
        f"the first segment {first.address} is {first.node} itself, which is a head end of the "
        "policy: it is invalid there, as no packet would leave the node",
        f"leave it out for {first.node}"
        + (f", or name the other head ends ({', '.join(others)})" if others else ""),
    )


def _list_routers(owners: Owners) -> str:
    names = [f"{n.name} {n.loopback_v6}" for n in owners.plan.of(Role.ROUTER)[:3]]
    more = ", …" if len(owners.plan.routers) > 3 else ""
    return f"use a router's loopback ({', '.join(names)}{more})"


def _check_repeats(subject: Subject, number: int, segment_list: SegmentList) -> Iterator[Finding]:
    sids = segment_list.sids
    for position in range(1, len(sids)):
        if sids[position] == sids[position - 1]:
            where = subject.segment_at(number, position)
            what = f"segment {sids[position]} is the same as the one before it"
            yield Finding("warning", where, what, "remove one of them")


def _check_last_segment(
    owners: Owners, subject: Subject, segment_list: SegmentList, where: str
) -> Iterator[Finding]:
    sid, family = segment_list.sids[-1], segment_list.family
    endpoint = owners.endpoint(subject.candidate.endpoint)
    wanted = owners.local_sid(endpoint.name, family) if endpoint and family else None
    right = f"did you mean {owners.get(wanted)}?" if wanted else None
    owned = owners.get(sid)
    if owned is None or owned.kind not in FAMILY_OF_KIND:
        yield Finding("error", where, _not_a_sid(owners, sid), right or _find_nearest(owners, sid))
    elif endpoint is not None and owned.node != endpoint.name:
        yield Finding(
            "error",
            where,
            f"the last SID {sid} is {owned.node}'s, the endpoint "
            f"{subject.candidate.endpoint} is {endpoint.name}",
            right,
        )
    elif family is not None and FAMILY_OF_KIND[owned.kind] != family:
        yield Finding(
            "error",
            where,
            f"the last SID {sid} is {owned.node}'s {owned.kind.value}, "
            f"but the policy steers IPv{family}",
            right or _find_nearest(owners, sid),
        )


def _not_a_sid(owners: Owners, sid: IPv6Address) -> str:
    owned, pool = owners.get(sid), owners.pool_of(sid)
    if owned is not None and owned.kind is Kind.BINDING:
        return f"the last SID {sid} is {owned.node}'s binding SID: behind it nothing would be left"
    if owned is not None:
        return f"the last SID {sid} is an address of {owned.node}, not an End.DT4 or End.DT6 SID"
    if pool is not None:
        return f"the last SID {sid} lies in {pool.name}'s pool, but is none of its SIDs"
    return f"the last SID {sid} lies outside every SID pool"


def _find_nearest(owners: Owners, sid: IPv6Address) -> str | None:
    return owners.closest(sid, Kind.DT4, Kind.DT6)
