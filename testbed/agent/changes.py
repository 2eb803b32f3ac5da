"""What has changed between two reports of an agent, in words for its log. Pure.

Each begins with its kind, which `testbed events` shows: agent, policy or pod. Sessions are left to
gobgpd's own log.
"""

from __future__ import annotations

from collections.abc import Iterable

from testbed.agent.contract import NodeStatus, PodStatus, PolicyStatus

LOGGER = "testbed.agent.changes"


def changes(before: NodeStatus | None, after: NodeStatus) -> list[str]:
    """One line per change; an agent without any report before has had nothing."""
    old = before or NodeStatus(after.node)
    return [
        *_node_changes(old, after),
        *_pod_changes(old, after),
        *_policy_changes(old, after),
        *(f"agent: PROBLEM: {one_line(p)}" for p in after.problems if p not in old.problems),
        *(f"agent: no longer: {one_line(p)}" for p in old.problems if p not in after.problems),
    ]


def one_line(text: str) -> str:
    """A text of several lines as one line."""
    return " ".join(text.split())


def _node_changes(old: NodeStatus, new: NodeStatus) -> list[str]:
    found = []
    if old.te_mode != new.te_mode:
        found.append(f"agent: TE mode is {new.te_mode}")
    found += [f"agent: block {block} claimed" for block in new.blocks if block not in old.blocks]
    found += [f"agent: block {block} given up" for block in old.blocks if block not in new.blocks]
    if old.ready != new.ready:
        found.append("agent: ready" if new.ready else "agent: not ready")
    return found


def _pod_changes(old: NodeStatus, new: NodeStatus) -> list[str]:
    came = [f"pod: {_describe_pod(pod)} attached" for pod in new.pods if pod not in old.pods]
    went = [f"pod: {_describe_pod(pod)} detached" for pod in old.pods if pod not in new.pods]
    return went + came


def _describe_pod(pod: PodStatus) -> str:
    return " ".join(filter(None, [pod.name, pod.ipv4, pod.ipv6]))


def _policy_changes(old: NodeStatus, new: NodeStatus) -> list[str]:
    """What steers to each endpoint and family, and why not what did; what is refused, and why."""
    before, now = _in_use(old), _in_use(new)
    found = [
        f"policy: to {target[0]} IPv{target[1]}: {_describe(now.get(target))}"
        f"{_explain_end(before.get(target), new.policies)}"
        for target in sorted({*before, *now})
        if _describe(before.get(target)) != _describe(now.get(target))
    ]
    known = {_describe_refused(policy) for policy in old.policies if policy.refused}
    refused = [_describe_refused(policy) for policy in new.policies if policy.refused]
    return found + [f"policy: {text}" for text in refused if text not in known]


def _in_use(status: NodeStatus) -> dict[tuple[str, int], PolicyStatus]:
    return {(p.endpoint, p.family): p for p in status.policies if p.chosen}


def _explain_end(before: PolicyStatus | None, policies: Iterable[PolicyStatus]) -> str:
    """Why the candidate of before is not in use; empty if there was none, or it is, as changed."""
    if before is None:
        return ""
    now = next((p for p in policies if _identity(p) == _identity(before)), None)
    if now is not None and now.chosen:
        return ""
    why = one_line(now.why) if now else "withdrawn"
    return f"; before: {before.source}, preference {before.preference} ({why})"


def _identity(policy: PolicyStatus) -> tuple[object, ...]:
    """What stays the same of a candidate while its preference and segments change."""
    p = policy
    return p.endpoint, p.family, p.source, p.color, p.distinguisher, p.originator


def _describe(policy: PolicyStatus | None) -> str:
    if policy is None:
        return "none"
    lists = "; ".join(" → ".join(one.segments) for one in policy.segment_lists)
    return f"{policy.source}, preference {policy.preference}, {lists}"


def _describe_refused(policy: PolicyStatus) -> str:
    what = f"to {policy.endpoint} IPv{policy.family} of {policy.source}"
    return f"{what}, preference {policy.preference}, not used: {one_line(policy.why)}"
