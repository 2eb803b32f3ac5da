"""Intents of the API server: joined with the lab's own, and told what became of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from http import HTTPStatus

from testbed.engine.decide.setting import setting_of
from testbed.engine.intents.join import Joined, join
from testbed.engine.intents.model import Intent
from testbed.engine.intents.read import API_SERVER
from testbed.host.coalescing_worker import CoalescingWorker, one_line
from testbed.json_types import JsonObject
from testbed.kube.client import KubeClient
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused
from testbed.kube.object_events import path_of
from testbed.lab import policies
from testbed.lab.policies import InjectedPolicy
from testbed.lab.te import store
from testbed.lab.te.engine import Planned
from testbed.lab.te.intent_watch import IntentWatch, generation
from testbed.lab.te.listing import IntentRow, intent_rows
from testbed.lab.te.object_events import Said, said_by, state_event
from testbed.lab.te.object_status import decided_status, is_told, refused_status, with_times
from testbed.lab.te.store import Kept
from testbed.object_fields.intent_object import PATH
from testbed.plan.model import Plan
from testbed.te.lint.findings import Finding, errors

log = logging.getLogger(__name__)
_PASSED_BY = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)  # it is gone, or another one is there


@dataclass(frozen=True)
class _Told:
    """What an object is to say."""

    uid: object
    status: JsonObject


class IntentObjects:
    """`client` writes statuses; the watch has one of its own."""

    def __init__(
        self,
        plan: Plan,
        watch: IntentWatch,
        client: KubeClient,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._plan, self._setting = plan, setting_of(plan)
        self._node = plan.injectors[0].name
        self._watch, self._client, self._clock = watch, client, clock
        self._seen: Mapping[str, KubeObject] = {}
        self._joined = Joined((), {})
        self._asked: object = None  # of which that is the answer
        self._wanted: dict[str, _Told] = {}
        self._sent: dict[str, tuple[object, _Told]] = {}
        self._said: dict[object, Said] = {}  # by uid, in events
        self._writer = CoalescingWorker("intent-status", self._write, self._note_problem)

    def start(self) -> None:
        """Write statuses from now on."""
        self._watch.on_status = lambda: self._writer.put(self._wanted)
        self._writer.start()

    @property
    def changed(self) -> int:
        """A file that can be read when there is something new to join."""
        return self._watch.changed

    def join(self, kept: Kept) -> Kept:
        """The lab's own intents with the objects of now; as they were while none are known."""
        objects = self._watch.objects
        if objects is None:
            return kept
        self._seen = objects
        people = [policy for policy in policies.injected(self._plan) if not policy.of_engine]
        specs = [(str(one["metadata"]["name"]), one.get("spec")) for one in _by_age(objects)]
        asked = (specs, [written.document.plain for written in kept.own], people)
        if asked != self._asked:  # to check thousands takes a while
            self._asked = asked
            self._joined = join(self._plan, kept.own, specs, partial(self._steered, people))
        taken = (policy.color for policy in people)
        return store.with_objects(kept, self._joined.accepted, taken)

    def _steered(self, people: Sequence[InjectedPolicy], intent: Intent) -> Finding | None:
        """A policy of people for traffic of the intent: of the two only one would count."""
        for policy in people:
            target = self._plan.owner(policy.key.endpoint)
            pairs = intent.pairs(self._setting.ends)
            heads = {source for source, other in pairs if other == target}
            alike = policy.family in (0, *intent.families)
            if alike and heads and (not policy.head_ends or heads & set(policy.head_ends)):
                return Finding(
                    "error",
                    f"{API_SERVER}:1",
                    f"the policy {policy.name} of {policy.source} steers traffic to {target} "
                    "already; of two policies only one would count",
                    f"testbed policy delete {policy.name}; or leave the pair out of the intent",
                )
        return None

    def tell(self, planned: Planned) -> None:
        """Have the objects say what was planned, unless something newer comes first."""
        rows: dict[str, list[IntentRow]] = {}
        for row in intent_rows(planned):
            if row.origin == "policy":
                continue
            rows.setdefault(row.intent, []).append(row)
        self._wanted = {
            name: _Told(one["metadata"].get("uid"), self._status(name, one, rows.get(name, [])))
            for name, one in self._seen.items()
        }
        self._writer.put(self._wanted)

    def _status(self, name: str, document: KubeObject, rows: list[IntentRow]) -> JsonObject:
        found = self._joined.findings.get(name, ())
        if errors(found):
            return refused_status(generation(document), found)
        return decided_status(generation(document), rows, found)

    def _write(self, wanted: Mapping[str, _Told]) -> None:
        """What the objects do not say yet. Raises Unreachable."""
        there = self._watch.objects or {}
        self._sent = {name: sent for name, sent in self._sent.items() if name in there}
        uids = {document["metadata"].get("uid") for document in there.values()}
        self._said = {uid: said for uid, said in self._said.items() if uid in uids}
        for name, told in wanted.items():
            document = there.get(name)
            if document is not None and document["metadata"].get("uid") == told.uid:
                seen = document.get("status") or {}
                version = document["metadata"].get("resourceVersion")
                sent = (version, told)  # the watch has not seen yet what came of it
                if not is_told(told.status, seen) and self._sent.get(name) != sent:
                    self._say(document, told, seen)
                    self._patch(name, told, seen)
                    self._sent[name] = sent

    def _say(self, document: KubeObject, told: _Told, seen: JsonObject) -> None:
        """An event on the object, if its state is new; before its status, which has it then."""
        before = self._said.get(told.uid, said_by(seen))
        event = state_event(document, told.status, before, self._node, self._now())
        if event is None:
            return
        try:
            self._client.call("POST", path_of(event), event)
        except Refused as error:
            if error.status != HTTPStatus.CONFLICT:
                about = event["involvedObject"]["name"]
                log.warning("intent %s: its event cannot be written: %s", about, one_line(error))
        self._said[told.uid] = said_by(told.status)

    def _now(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _patch(self, name: str, told: _Told, seen: JsonObject) -> None:
        status = with_times(told.status, seen, self._now())
        body = {"metadata": {"uid": told.uid}, "status": status}
        try:
            self._client.call("PATCH", f"{PATH}/{name}/status", body)
        except Refused as error:
            if error.status not in _PASSED_BY:
                log.warning("intent %s: its status cannot be written: %s", name, one_line(error))

    def _note_problem(self, problem: str | None) -> None:
        if problem:
            log.warning("statuses of intents are not written yet: %s", problem)
        else:
            log.info("statuses of intents are written again")


def _by_age(objects: Mapping[str, KubeObject]) -> list[KubeObject]:
    """The oldest first; of those of one second by name."""

    def age(document: KubeObject) -> tuple[str, str]:
        metadata = document["metadata"]
        return str(metadata.get("creationTimestamp", "")), str(metadata["name"])

    return sorted(objects.values(), key=age)
