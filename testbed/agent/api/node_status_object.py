"""What an agent tells the users of the Kubernetes API: its node's state, and events. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from testbed.agent.desired.te_config import Refusal
from testbed.agent.model.objects import ConfigMap, Node

GROUP, VERSION, PLURAL = "srv6.testbed.invalid", "v1alpha1", "srv6nodestatuses"
PATH = f"/apis/{GROUP}/{VERSION}/{PLURAL}"
COMPONENT = "srv6-agent"
_MOST, _LONGEST = 200, 300  # entries of a list, characters of a sentence: etcd's limit is 1.5 MB


def skeleton(node: Node) -> dict[str, Any]:
    """The object without any status; it goes away with its Node."""
    owner = {"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid}
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": "SRv6NodeStatus",
        "metadata": {"name": node.name, "ownerReferences": [owner]},
    }


def status(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The `status` of the object from what status.json says; every field is always there."""
    problems = [_short(problem) for problem in seen["problems"]]
    sessions = [_session(session) for session in seen["sessions"]]
    policies = sorted((_policy(p) for p in seen["policies"]), key=lambda p: not p["chosen"])
    up = sum(session["established"] for session in sessions)
    te = [p for p in policies if p["chosen"] and p["source"] != "best-effort"]
    return {
        "mode": seen["te_mode"],
        "ready": bool(seen["ready"]),
        "sessions": sessions,
        "policies": policies[:_MOST],
        "blocks": list(seen["blocks"])[:_MOST],
        "localSIDs": {key: seen["local_sids"].get(key.lower()) for key in ("DT4", "DT6")},
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
    seen: Mapping[str, Any], before: Sequence[Mapping[str, Any]], now: str
) -> dict[str, Any]:
    """The condition Ready as Kubernetes writes conditions; `now` in RFC 3339.

    The time is kept from `before`, the object's earlier conditions, while the state is the same.
    """
    state = "True" if seen["ready"] else "False"
    message = _short("; ".join(seen["problems"]))
    reason = "Forwarding" if seen["ready"] else "NotConverged"
    since = next(
        (c["lastTransitionTime"] for c in before if c["type"] == "Ready" and c["status"] == state),
        now,
    )
    return {"type": "Ready", "status": state, "reason": reason, "message": message,
            "lastTransitionTime": since}  # fmt: skip


def event(refusal: Refusal, concerned: ConfigMap, node: str, now: str) -> dict[str, Any]:
    """A Warning on the ConfigMap, of the same name whenever the same is refused again."""
    digest = hashlib.sha256(f"{concerned.uid} {node} {refusal.why}".encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{concerned.name}.{digest}", "namespace": concerned.namespace},
        "involvedObject": {"apiVersion": "v1", "kind": "ConfigMap", "name": concerned.name,
                           "namespace": concerned.namespace, "uid": concerned.uid},
        "type": "Warning",
        "reason": "Refused",
        "message": f"{node}: {_short(refusal.why)}",
        "source": {"component": COMPONENT, "host": node},
        "reportingComponent": COMPONENT,
        "reportingInstance": node,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }  # fmt: skip


def _session(session: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "peer": session["peer"],
        "address": session["address"],
        "established": session["state"] == "Established",
        "state": session["state"],
    }


def _policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    lists = policy["segment_lists"]
    return {
        "endpoint": policy["endpoint"],
        "family": f"IPv{policy['family']}" if policy["family"] else "",
        "source": policy["source"],
        "color": policy["color"],
        "preference": policy["preference"],
        "bindingSID": policy["binding_sid"] or "",
        "segmentLists": [{"weight": s["weight"], "segments": s["segments"]} for s in lists],
        "valid": policy["valid"],
        "chosen": policy["chosen"],
        "why": _short(policy["why"]),
    }


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
