"""Events on intents that are objects: what has become of them now. Pure."""

from __future__ import annotations

from testbed.json_types import JsonObject
from testbed.kube.documents import KubeObject
from testbed.kube.object_events import Event, EventType, Reporter, Subject, event
from testbed.object_fields.tables import api_version

Said = tuple[str, str]  # state and reason
_MOST = 1000  # characters of a message: a server refuses more than 1,024
_NORMAL = ("Satisfied", "Overruled")


def said_by(status: JsonObject) -> Said:
    """State and reason of a status; empty where there is none yet."""
    return str(status.get("state") or ""), str(status.get("reason") or "")


def state_event(
    document: KubeObject, status: JsonObject, before: Said, node: str, now: str
) -> Event | None:
    """One for a state or a reason that is not what was said before; `node`: the engine's.

    It has the same name until the object is written, so that trying again makes no second one.
    """
    state, reason = now_said = said_by(status)
    if now_said == before:
        return None
    metadata = document["metadata"]
    name, uid = str(metadata["name"]), str(metadata.get("uid"))
    about = Subject(api_version("Intent"), "Intent", name, uid)
    words = reason or str(status.get("summary") or "")
    kind: EventType = "Normal" if state in _NORMAL else "Warning"
    message = words if len(words) <= _MOST else words[: _MOST - 1] + "…"
    return event(
        about,
        (kind, state, message),
        Reporter("te-engine", node),
        f"{metadata.get('resourceVersion')} {state} {reason}",
        now,
    )
