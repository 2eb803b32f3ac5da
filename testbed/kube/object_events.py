"""Kubernetes Events on objects, as `kubectl describe` shows them. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypedDict

EventType = Literal["Normal", "Warning"]


class Event(TypedDict):
    """A Kubernetes Event."""

    apiVersion: Literal["v1"]
    kind: Literal["Event"]
    metadata: dict[str, str]
    involvedObject: dict[str, str]
    type: str
    reason: str
    message: str
    source: dict[str, str]
    reportingComponent: str
    reportingInstance: str
    firstTimestamp: str
    lastTimestamp: str
    count: int


@dataclass(frozen=True)
class Subject:
    """The object that an event is about."""

    api_version: str
    kind: str
    name: str
    uid: str
    namespace: str = ""


@dataclass(frozen=True)
class Reporter:
    """Who says it: a component, and where that runs."""

    component: str
    instance: str


def path_of(event: Event, one: bool = False) -> str:
    """Where events of its namespace are, or (`one`) this one is."""
    path = f"/api/v1/namespaces/{event['metadata']['namespace']}/events"
    return f"{path}/{event['metadata']['name']}" if one else path


def event(
    about: Subject,
    said: tuple[EventType, str, str],
    reporter: Reporter,
    occasion: str,
    now: str,
) -> Event:
    """`said`: type, reason and message. Of one occasion (any text) an object has one event.

    Events about objects without a namespace are kept in that of Kubernetes itself, `default`.
    """
    kind, reason, message = said
    involved = {
        "apiVersion": about.api_version,
        "kind": about.kind,
        "name": about.name,
        "uid": about.uid,
        **({"namespace": about.namespace} if about.namespace else {}),
    }
    digest = hashlib.sha256(f"{about.uid} {occasion}".encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{about.name}.{digest}", "namespace": about.namespace or "default"},
        "involvedObject": involved,
        "type": kind,
        "reason": reason,
        "message": message,
        "source": {"component": reporter.component, "host": reporter.instance},
        "reportingComponent": reporter.component,
        "reportingInstance": reporter.instance,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
