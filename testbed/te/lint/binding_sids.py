"""Checks binding SIDs: unique per head end, and inside the policy pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address

from testbed.te.lint.findings import Finding
from testbed.te.lint.subject import Subject
from testbed.te.owners import Owners

Steered = tuple[IPv6Address, int | None]  # endpoint, family
Used = dict[tuple[str, IPv6Address], tuple[Steered, str]]  # by (head end, BSID): what, where


def check(owners: Owners, subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Findings on duplicates within a head end, with best effort, and on BSIDs outside the pool."""
    used = _best_effort(owners)
    for subject in subjects:
        bsid = subject.candidate.binding_sid
        if bsid is None:
            continue
        yield from _check_pool(owners, subject, bsid)
        if owners.endpoint(subject.candidate.endpoint):  # else that error says enough
            yield from _check_duplicates(owners, subject, bsid, used)


def _best_effort(owners: Owners) -> Used:
    """Every head end has a best-effort policy towards every other cluster node."""
    plan = owners.plan
    used: Used = {}
    for head_end in plan.cluster:
        for node in plan.cluster:
            if node.cluster and node is not head_end:
                endpoint = plan.address_v6(node.name)
                for bsid, family in (
                    (node.cluster.binding_sids.v4, 4),
                    (node.cluster.binding_sids.v6, 6),
                ):
                    place = f"the best effort to {node.name}"
                    used[head_end.name, bsid] = ((endpoint, family), place)
    return used


def _check_pool(owners: Owners, subject: Subject, bsid: IPv6Address) -> Iterator[Finding]:
    pool = owners.plan.pools.policies
    owned = owners.get(bsid)
    if owned is not None:
        yield Finding(
            "error",
            subject.binding_sid_at,
            f"binding SID {bsid} is an address of {owned.node}",
            f"choose one in {pool}",
        )
    elif bsid not in pool:
        yield Finding(
            "warning",
            subject.binding_sid_at,
            f"binding SID {bsid} lies outside the policy pool {pool}",
            "choose one inside it",
        )


def _check_duplicates(
    owners: Owners, subject: Subject, bsid: IPv6Address, used: Used
) -> Iterator[Finding]:
    clashes: dict[tuple[Steered, str], list[str]] = {}
    steers = subject.candidate.steers
    for head_end in subject.head_ends(owners.plan):
        other = used.setdefault((head_end, bsid), (steers, f"line {subject.lines.policy}"))
        if other[0] != steers:
            clashes.setdefault(other, []).append(head_end)
    for (other_steers, place), head_ends in clashes.items():
        yield Finding(
            "error",
            subject.binding_sid_at,
            f"binding SID {bsid} is used twice by {', '.join(head_ends)}: here for "
            f"{_describe_steered(owners, steers)}, and by {place} for "
            f"{_describe_steered(owners, other_steers)}",
            _suggest_free_sid(owners, steers),
        )


def _describe_steered(owners: Owners, steers: Steered) -> str:
    endpoint, family = steers
    node = owners.endpoint(endpoint)
    name = node.name if node else str(endpoint)
    return f"{name} IPv{family}" if family else name


def _suggest_free_sid(owners: Owners, steers: Steered) -> str:
    """The endpoint's own best-effort BSID is always right; else any other of the pool."""
    endpoint, family = steers
    node = owners.endpoint(endpoint)
    if node is None or node.cluster is None or family is None:
        return f"choose another one in {owners.plan.pools.policies}"
    own = node.cluster.binding_sids
    return f"did you mean {own.v4 if family == 4 else own.v6} ({node.name} IPv{family})?"
