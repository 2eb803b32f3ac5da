"""What the API server tells of the cluster as events: Events (core/v1), and pods' readiness."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from testbed.json_types import as_object, get_object, get_objects, get_optional_text, get_text
from testbed.kube.client import KubeClient
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused, Unreachable
from testbed.report.event import Event, read_iso, utc

_LEASE = 30  # seconds after which the server ends a watch, and we start the next
_SILENCE = 40.0  # seconds without a word that a watch may last: more than its lease
Reader = Callable[[KubeObject], Event | None]


def of_event(document: KubeObject) -> Event | None:
    """An Event of core/v1, at the time when it was seen last."""
    about, source = (as_object(document.get(key) or {}) for key in ("involvedObject", "source"))
    series = as_object(document.get("series") or {})
    times = (series.get("lastObservedTime"), document.get("lastTimestamp"))
    time = next(filter(None, (*times, document.get("eventTime"))), None)
    if not isinstance(time, str):
        return None
    kind, name = get_text(about, "kind"), get_text(about, "name")
    namespace = get_optional_text(about, "namespace")
    host = get_optional_text(source, "host") or document.get("reportingInstance")
    node = name if kind == "Node" else host if get_optional_text(source, "host") else "-"
    subject = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
    said = " ".join(str(document.get("message") or "").split())
    warning = "Warning: " if document.get("type") == "Warning" else ""
    what = f"{subject}: {warning}{document.get('reason')}: {said}"
    return Event(utc(read_iso(time)), str(node), "kubernetes", what)


def of_pod(document: KubeObject) -> Event | None:
    """A pod that became ready, or ceased to be; None before it was ever looked at."""
    metadata, status = get_object(document, "metadata"), get_object(document, "status")
    conditions = get_objects(status, "conditions") if "conditions" in status else []
    ready = next((c for c in conditions if c["type"] == "Ready"), None)
    if ready is None or not ready.get("lastTransitionTime"):
        return None
    node = get_optional_text(get_object(document, "spec"), "nodeName") or "-"
    why = f": {ready.get('reason')}" if ready.get("reason") else ""
    state = "ready" if ready["status"] == "True" else f"not ready{why}"
    name = f"{metadata['namespace']}/{metadata['name']}"
    return Event(
        utc(read_iso(get_text(ready, "lastTransitionTime"))), node, "pod", f"{name} {state}"
    )


SOURCES: dict[str, Reader] = {"/api/v1/events": of_event, "/api/v1/pods": of_pod}


def listed(client: KubeClient, path: str) -> tuple[list[Event], str]:
    """What there is, and the version to watch from. Raises Refused or Unreachable."""
    answer = client.call("GET", path)
    try:
        found = [SOURCES[path](dict(as_object(item))) for item in answer["items"] or ()]
        return [event for event in found if event], str(answer["metadata"]["resourceVersion"])
    except (KeyError, TypeError, ValueError) as error:
        raise Unreachable("API server gives no list", why=repr(error)) from None


def watched(client: KubeClient, path: str) -> Iterator[list[Event]]:
    """What there is, then what is added; ends with Refused or Unreachable when the server goes."""
    events, version = listed(client, path)
    yield events
    while True:
        options = {
            "watch": "1",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_LEASE),
        }
        for change in client.watch(f"{path}?{urlencode(options)}", _SILENCE):
            try:
                item = as_object(change["object"])
                if change["type"] == "ERROR":
                    raise Refused(int(str(item.get("code") or 0)), "the watch ends", why=str(item))
                version = str(get_object(item, "metadata")["resourceVersion"])
                event = None if change["type"] == "BOOKMARK" else SOURCES[path](dict(item))
            except (KeyError, TypeError, ValueError) as error:
                raise Unreachable("API server sends no event", why=repr(error)) from None
            if event is not None:
                yield [event]
