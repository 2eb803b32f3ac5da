"""What an agent tells the users of the Kubernetes API: its node's state, and events. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from testbed.agent.contract import BEST_EFFORT, NodeStatus, PolicyStatus, SessionStatus
from testbed.agent.desired.te_config import Refusal
from testbed.agent.model.objects import Node, ObjectRef, owner_reference
from testbed.kube import object_events
from testbed.kube.object_events import Event, EventType, Reporter, Subject
from testbed.object_fields.tables import SRV6_API, api_version

PATH = f"/apis/{SRV6_API}/srv6nodestatuses"
COMPONENT = "srv6-agent"
_MOST, _LONGEST = 200, 300  # entries of a list, characters of a sentence: etcd's limit is 1.5 MB


class Condition(TypedDict):
    type: str
    status: str
    reason: str
    message: str
    lastTransitionTime: str


class SessionEntry(TypedDict):
    """A BGP session in the object's status."""

    peer: str
    address: str
    established: bool
    state: str


class SegmentListEntry(TypedDict):
    """A segment list in the object's status."""

    weight: int
    segments: list[str]


class PolicyEntry(TypedDict):
    """A policy in the object's status."""

    endpoint: str
    family: str
    source: str
    color: int
    preference: int
    bindingSID: str
    bindingSIDState: str
    segmentLists: list[SegmentListEntry]
    valid: bool
    chosen: bool
    why: str


class Summary(TypedDict):
    """What `kubectl get` shows in its columns."""

    sessions: str
    policiesChosen: int
    policiesSteering: int
    policiesInvalid: int
    problems: int
    firstProblem: str


class SRv6NodeStatus(TypedDict):
    """The `status` of an SRv6NodeStatus, but for its conditions."""

    mode: str
    ready: bool
    sessions: list[SessionEntry]
    policies: list[PolicyEntry]
    blocks: list[str]
    localSIDs: dict[str, str | None]
    problems: list[str]
    summary: Summary


class _Metadata(TypedDict):
    name: str
    ownerReferences: list[dict[str, str]]


class Skeleton(TypedDict):
    """An SRv6NodeStatus without status."""

    apiVersion: str
    kind: str
    metadata: _Metadata


def skeleton(node: Node) -> Skeleton:
    """The object without any status; it goes away with its Node."""
    return {
        "apiVersion": SRV6_API,
        "kind": "SRv6NodeStatus",
        "metadata": {"name": node.name, "ownerReferences": [owner_reference(node)]},
    }


def status(seen: NodeStatus) -> SRv6NodeStatus:
    """The `status` of the object from what status.json says; every field is always there."""
    problems = [_shorten_text(problem) for problem in seen.problems]
    sessions = [_session_entry(session) for session in seen.sessions]
    policies = sorted((_policy_entry(p) for p in seen.policies), key=lambda p: not p["chosen"])
    up = sum(session["established"] for session in sessions)
    te = [p for p in policies if p["chosen"] and p["source"] != BEST_EFFORT]
    return {
        "mode": seen.te_mode,
        "ready": seen.ready,
        "sessions": sessions,
        "policies": policies[:_MOST],
        "blocks": list(seen.blocks[:_MOST]),
        "localSIDs": {"DT4": seen.local_sids.dt4, "DT6": seen.local_sids.dt6},
        "problems": problems[:_MOST],
        "summary": {
            "sessions": f"{up}/{len(sessions)}",
            "policiesChosen": sum(policy["chosen"] for policy in policies),
            "policiesSteering": len(te),
            "policiesInvalid": sum(not policy["valid"] for policy in policies),
            "problems": len(problems),
            "firstProblem": problems[0] if problems else "",
        },
    }


def ready_condition(
    ready: bool, problems: Iterable[str], before: Iterable[Condition], now: str
) -> Condition:
    """The condition Ready as Kubernetes writes conditions; `now` in RFC 3339.

    The time is kept from `before`, the object's earlier conditions, while the state is the same.
    """
    state = "True" if ready else "False"
    message = _shorten_text("; ".join(problems))
    reason = "Forwarding" if ready else "NotConverged"
    since = next(
        (c["lastTransitionTime"] for c in before if c["type"] == "Ready" and c["status"] == state),
        now,
    )
    return {"type": "Ready", "status": state, "reason": reason, "message": message,
            "lastTransitionTime": since}  # fmt: skip


def event(refusal: Refusal, concerned: ObjectRef, node: str, now: str) -> Event:
    """A Warning on the object, of the same name whenever the same is refused again."""
    about = Subject(
        api_version(concerned.kind),
        concerned.kind,
        concerned.name,
        concerned.uid,
        concerned.namespace or "",
    )
    message = f"{node}: {_shorten_text(refusal.why)}"
    reporter = Reporter(COMPONENT, node)
    said: tuple[EventType, str, str] = ("Warning", "Refused", message)
    return object_events.event(about, said, reporter, f"{node} {refusal.why}", now)


def _session_entry(session: SessionStatus) -> SessionEntry:
    return {
        "peer": session.peer,
        "address": session.address,
        "established": session.established,
        "state": session.state,
    }


def _policy_entry(policy: PolicyStatus) -> PolicyEntry:
    return {
        "endpoint": policy.endpoint,
        "family": f"IPv{policy.family}" if policy.family else "",
        "source": policy.source,
        "color": policy.color,
        "preference": policy.preference,
        "bindingSID": policy.binding_sid or "",
        "bindingSIDState": _shorten_text(policy.binding_sid_state),
        "segmentLists": [
            {"weight": item.weight, "segments": list(item.segments)}
            for item in policy.segment_lists
        ],
        "valid": policy.valid,
        "chosen": policy.chosen,
        "why": _shorten_text(policy.why),
    }


def _shorten_text(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
