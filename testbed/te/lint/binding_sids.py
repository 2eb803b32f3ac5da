"""Checks binding SIDs: one of the head end's SIDs or a name of the policy pool, and unique there.

One of the head end's SID pool is installed there: packets enter the policy by it. One of the policy
pool is routed to nobody, and only names the policy, as in the paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address

from testbed.plan.model import Node
from testbed.srpolicy.model import Candidate
from testbed.te.lint.findings import Finding
from testbed.te.lint.subject import Subject
from testbed.te.owners import Kind, Owners

Steered = tuple[IPv6Address, int | None]  # endpoint, family
Used = dict[tuple[str, IPv6Address], tuple[Steered, str]]  # by (head end, BSID): what, where

_FIRST_FREE = 0xB000  # where suggestions begin, inside a SID pool


def check(
    owners: Owners, subjects: Sequence[Subject], policies: Sequence[Candidate]
) -> Iterator[Finding]:
    """Findings on what cannot be a policy's binding SID, and on those that are used twice.

    `policies`: those of the file, and of the lab beside it.
    """
    used = _best_effort(owners)
    listed = {subject.candidate for subject in subjects}
    _add_of_lab(owners, [policy for policy in policies if policy not in listed], used)
    for subject in subjects:
        bsid = subject.candidate.binding_sid
        if bsid is None:
            continue
        yield from _check_place(owners, subject, bsid)
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


def _add_of_lab(owners: Owners, policies: Sequence[Candidate], used: Used) -> None:
    for policy in policies:
        node = owners.binds(policy)
        if node is not None and policy.binding_sid is not None:
            used[node.name, policy.binding_sid] = (policy.steers, "a policy of the lab")


def _check_place(owners: Owners, subject: Subject, bsid: IPv6Address) -> Iterator[Finding]:
    pool, owned = owners.plan.pools.policies, owners.get(bsid)
    node = owners.pool_of(bsid)
    if owned is not None and owned.kind is not Kind.BINDING:
        what = f"binding SID {bsid} is an address of {owned.node}"
        yield Finding("error", subject.binding_sid_at, what, f"choose one in {pool}")
    elif node is not None:
        yield from _check_entry(owners, subject, bsid, node)
    elif bsid not in pool:
        yield Finding(
            "error",
            subject.binding_sid_at,
            f"binding SID {bsid} is neither of a head end's SIDs nor of the policy pool {pool}: "
            "nobody would route it",
            _suggest_entry(owners, subject),
        )
    elif subject.candidate.specified_sid_only:
        yield Finding(
            "error",
            subject.binding_sid_at,
            f"binding SID {bsid} is a name that no head end installs, and without it the policy is "
            "invalid (specifiedBindingSidOnly)",
            _suggest_needed(owners, subject),
        )


def _suggest_needed(owners: Owners, subject: Subject) -> str:
    """A SID that can be installed, or to do without."""
    fix = _suggest_entry(owners, subject)
    return fix if "SIDs, such as" in fix else "leave specifiedBindingSidOnly out"


def _check_entry(
    owners: Owners, subject: Subject, bsid: IPv6Address, node: Node
) -> Iterator[Finding]:
    """Of a node's SIDs: that node alone may have it, for a policy that can carry IPv6."""
    head_ends = subject.head_ends(owners.plan)
    others = [name for name in head_ends if name != node.name]
    if others:
        yield Finding(
            "error",
            subject.binding_sid_at,
            f"binding SID {bsid} is one of {node.name}'s SIDs, and would not be routed to "
            f"{', '.join(others)}",
            _suggest_entry(owners, subject),
        )
    elif subject.candidate.family == 4:
        yield Finding(
            "error",
            subject.binding_sid_at,
            f"what enters by binding SID {bsid} is an IPv6 packet, and the last segment takes out "
            "IPv4",
            f"give it to a policy for IPv6, or choose one in {owners.plan.pools.policies}",
        )


def _suggest_entry(owners: Owners, subject: Subject) -> str:
    """Of one head end: an address of its SIDs that is free; of several: a name."""
    pool = owners.plan.pools.policies
    head_ends = subject.head_ends(owners.plan)
    nodes = [node for node in owners.plan.cluster if (node.name,) == head_ends]
    if not nodes or subject.candidate.family == 4:
        return f"choose one in {pool}, which names the policy"
    return f"choose one of {nodes[0].name}'s SIDs, such as {_free_sid(owners, nodes[0])}"


def _free_sid(owners: Owners, node: Node) -> IPv6Address:
    assert node.cluster is not None
    pool = node.cluster.sid_pool
    first = int(pool.network_address) + _FIRST_FREE % pool.num_addresses
    numbers = range(first, int(pool.broadcast_address) + 1)
    free = (sid for sid in map(IPv6Address, numbers) if owners.get(sid) is None)
    return next(free, pool.network_address)


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
            _suggest_other_sid(owners, subject, bsid),
        )


def _describe_steered(owners: Owners, steers: Steered) -> str:
    endpoint, family = steers
    node = owners.endpoint(endpoint)
    name = node.name if node else str(endpoint)
    return f"{name} IPv{family}" if family else name


def _suggest_other_sid(owners: Owners, subject: Subject, bsid: IPv6Address) -> str:
    """Of a head end's SIDs another one; as a name, the endpoint's own best-effort BSID is right."""
    if owners.pool_of(bsid) is not None:
        return _suggest_entry(owners, subject)
    endpoint, family = subject.candidate.steers
    node = owners.endpoint(endpoint)
    if node is None or node.cluster is None or family is None:
        return f"choose another one in {owners.plan.pools.policies}"
    own = node.cluster.binding_sids
    return f"did you mean {own.v4 if family == 4 else own.v6} ({node.name} IPv{family})?"
