"""Writes the node's state and its refusals to the API, in a thread of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from testbed.agent.api import node_status_object
from testbed.agent.api.node_status_object import Condition, SRv6NodeStatus
from testbed.agent.contract import NodeStatus
from testbed.agent.desired.te_config import Refusal
from testbed.agent.model.objects import Node, ObjectRef, Objects
from testbed.api_objects import TE_NAMESPACE
from testbed.host.coalescing_worker import CoalescingWorker
from testbed.kube.client import KubeClient
from testbed.kube.errors import Refused
from testbed.kube.kubeconfig import reader
from testbed.kube.object_events import Event, path_of

_CONFLICT, _ABSENT = 409, 404
_PASSING = 3.0  # seconds that a refusal lasts before users hear of it, if it may be over soon


@dataclass(frozen=True)
class _News:
    """What is to be told, of which node."""

    node: Node
    status: SRv6NodeStatus
    refused: frozenset[tuple[Refusal, ObjectRef]]


class Reporter:
    """Tells the API what status.json says. `on_problem` is called when `problems` changed."""

    def __init__(
        self,
        config: Path,
        node: str,
        on_problem: Callable[[], None],
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.problems: list[str] = []
        self._client = KubeClient(reader(config))
        self._name, self._on_problem = node, on_problem
        self._clock, self._monotonic = clock, monotonic
        self._path = f"{node_status_object.PATH}/{node}"
        self._told: _News | None = None
        self._conditions: list[Condition] = []
        self._warned: set[tuple[Refusal, ObjectRef]] = set()
        self._since: dict[tuple[Refusal, ObjectRef], float] = {}
        self._writer = CoalescingWorker[_News]("report", self._write_news, self._note_problem)

    def start(self) -> None:
        """Write from now on."""
        self._writer.start()

    def put(self, objects: Objects, status: NodeStatus, refusals: Iterable[Refusal]) -> None:
        """Tell this unless something newer comes first. Returns at once."""
        node = objects.node(self._name)
        if node is None or not node.uid:
            return  # nothing is told of a node that the cluster does not know
        refused = {(r, about) for r in refusals if (about := _concerned(objects, r))}
        self._writer.put(_News(node, node_status_object.status(status), frozenset(refused)))

    def _note_problem(self, problem: str | None) -> None:
        self.problems = [f"kubectl does not show this node's state: {problem}"] if problem else []
        self._on_problem()

    def _format_now(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _write_news(self, news: _News) -> float | None:
        """Write what is new; returns after how many seconds to look again."""
        self._warned &= news.refused
        self._since = {one: self._since.get(one, self._monotonic()) for one in news.refused}
        try:
            self._show_status(news)
        finally:  # neither of the two waits for the other to work
            self._warn_of_refusals(news.refused - self._warned)
        return min(
            (self._seconds_until_told(*one) for one in news.refused - self._warned), default=None
        )

    def _show_status(self, news: _News) -> None:
        if self._told is None or news.node.uid != self._told.node.uid:
            self._conditions = self._read_conditions(news)
        if news != self._told:
            self._write_status(news)
            self._told = news

    def _warn_of_refusals(self, refused: Iterable[tuple[Refusal, ObjectRef]]) -> None:
        for refusal, concerned in sorted(refused, key=repr):
            if self._seconds_until_told(refusal, concerned) <= 0:
                self._write_event(
                    node_status_object.event(refusal, concerned, self._name, self._format_now())
                )
                self._warned.add((refusal, concerned))

    def _seconds_until_told(self, refusal: Refusal, concerned: ObjectRef) -> float:
        """Seconds until users hear of it: not at once of what may be over in a moment."""
        due = self._since[refusal, concerned] + (_PASSING if refusal.passing else 0.0)
        return due - self._monotonic()

    def _write_status(self, news: _News) -> None:
        ready = node_status_object.ready_condition(
            news.status["ready"], news.status["problems"], self._conditions, self._format_now()
        )
        body = {"status": {**news.status, "conditions": [ready]}}
        try:
            self._client.call("PATCH", f"{self._path}/status", body)
        except Refused as error:
            if error.status != _ABSENT:
                raise
            self._client.call(
                "POST", node_status_object.PATH, node_status_object.skeleton(news.node)
            )
            self._client.call("PATCH", f"{self._path}/status", body)
        self._conditions = [ready]

    def _read_conditions(self, news: _News) -> list[Condition]:
        """The conditions that an earlier agent left; also makes them a present Node's."""
        try:
            found = self._client.call("GET", self._path)
        except Refused as error:
            if error.status != _ABSENT:
                raise
            return []
        wanted = node_status_object.skeleton(news.node)
        if found["metadata"].get("ownerReferences") != wanted["metadata"]["ownerReferences"]:
            self._client.call("PATCH", self._path, wanted)
        return list((found.get("status") or {}).get("conditions") or [])

    def _write_event(self, event: Event) -> None:
        """An event, or one more occurrence of it."""
        try:
            self._client.call("POST", path_of(event), event)
        except Refused as error:
            if error.status != _CONFLICT:
                raise
            again = {"lastTimestamp": event["lastTimestamp"]}
            self._client.call("PATCH", path_of(event, one=True), again)


def _concerned(objects: Objects, refusal: Refusal) -> ObjectRef | None:
    """The object that a refusal is about, if it is there."""
    if refusal.about is not None:
        return refusal.about
    found = objects.config_map(TE_NAMESPACE, refusal.config_map or "")
    return ObjectRef("ConfigMap", found.name, found.namespace, found.uid) if found else None
