"""Intents of an API server: they count beside the lab's own, and are told what became of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from testbed.engine.from_plan import network_of
from testbed.errors import CheckFailed, TestbedError
from testbed.host.wait import wait_for
from testbed.kube.client import KubeClient
from testbed.kube.kubeconfig import reader
from testbed.lab import policies
from testbed.lab.te import engine, store
from testbed.lab.te.follow import Follower
from testbed.lab.te.intent_objects import IntentObjects
from testbed.lab.te.intent_watch import IntentWatch
from testbed.lab.te.object_events import state_event
from testbed.object_fields.intent_object import PATH
from testbed.plan.model import Plan
from testbed.srpolicy.files.load import load_policies
from testbed.te.resolve import resolver
from tests.unit.agent.fake_kube_api import FakeKubeApi
from tests.unit.lab.te.intents_in_lab import PLAN, SetNetwork, apply, cut, files, on

__all__ = ["on"]

NOW = "2026-11-27T08:00:00Z"
EVENTS = "/api/v1/namespaces/default/events"
SPEC = {"from": ["worker1"], "to": ["worker2"], "family": "IPv4", "avoid": {"links": ["r4-r6"]}}
PEOPLE = """apiVersion: testbed/v1
kind: SRPolicy
metadata: {name: mine}
spec:
  endpoint: worker2
  color: 20
  family: IPv4
  headEnds: [worker1]
  candidates:
    - segmentLists: [{segments: [r6, worker2]}]
"""


class Server(FakeKubeApi):
    """As much of an API server as the engine sees."""

    def intent(self, name: str, spec: object, generation: int = 1, second: int = 0) -> None:
        created = f"2026-11-27T07:00:{second:02}Z"
        metadata = {"generation": generation, "creationTimestamp": created}
        self.put(PATH, name, metadata=metadata, spec=spec)

    def events(self) -> list[tuple[str, str, str]]:
        """Object, type and reason of each, in order."""
        found = self.objects[EVENTS].values()
        return [(e["involvedObject"]["name"], e["type"], e["reason"]) for e in found]

    def status(self, name: str) -> dict[str, Any]:
        return dict(self.objects[PATH][name].get("status") or {})


def until(condition: Callable[[], object]) -> None:
    wait_for("it", lambda: (True if condition() else None, "not yet"), 60.0, 0.005)


class Engine:
    """The follower of a lab with an API server; each `replan` is asked for."""

    def __init__(self, server: Server) -> None:
        self.server = server

        def client() -> KubeClient:
            return KubeClient(reader(server.config))

        self.watch = IntentWatch(client())
        self.objects = IntentObjects(
            PLAN, self.watch, client(), lambda: datetime(2026, 11, 27, 8, tzinfo=timezone.utc)
        )
        self.follower = Follower(PLAN, self.objects)

    def start(self) -> Engine:
        self.objects.start()
        self.watch.start()
        return self

    def see(self, *names: str) -> None:
        """Replan once the watch has just these."""
        until(lambda: self.watch.objects is not None and {*self.watch.objects} == {*names})
        self.follower.replan()

    def states(self, **wanted: str) -> None:
        """Until the objects say so."""
        until(lambda: all(self.server.status(n).get("state") == s for n, s in wanted.items()))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def working(server: Server, on: SetNetwork) -> Engine:
    on(network_of(PLAN))
    return Engine(server).start()


def people() -> None:
    policies.inject(PLAN, load_policies(PEOPLE, "mine.yaml", resolver(PLAN)))


def owners() -> set[str]:
    return {policy.owner for policy in policies.injected(PLAN)}


def test_an_object_becomes_a_policy_and_says_so(server: Server, working: Engine) -> None:
    server.intent("gold", SPEC, generation=3)
    working.see("gold")
    assert owners() == {"gold"}
    assert store.read(PLAN).objects == {"gold"}
    working.states(gold="Satisfied")
    status = server.status("gold")
    assert status["observedGeneration"] == 3
    assert status["summary"] == "worker1 → r3 → r2 → r7 → r8 → worker2, metric 50"
    (pair,) = status["pairs"]
    assert (pair["segments"], pair["cost"], pair["unit"]) == (["r7", "worker2"], 50, "metric")
    true = {c["type"] for c in status["conditions"] if c["status"] == "True"}
    assert true == {"Accepted", "Satisfied"}
    assert {c["lastTransitionTime"] for c in status["conditions"]} == {NOW}


def test_a_status_is_written_only_when_it_changes(
    server: Server, working: Engine, on: SetNetwork
) -> None:
    server.intent("gold", SPEC)
    working.see("gold")
    working.states(gold="Satisfied")
    for _ in range(3):
        working.follower.replan()
    on(cut("r2-r7", "r5-r6"))
    working.follower.replan()
    working.states(gold="Unsatisfiable")
    assert server.count("PATCH", f"{PATH}/gold/status") == 2
    assert "no path from worker1 to worker2" in server.status("gold")["reason"]
    assert owners() == set()


def test_each_new_state_is_an_event_on_the_object(
    server: Server, working: Engine, on: SetNetwork
) -> None:
    server.intent("gold", SPEC)
    server.intent("bad", {**SPEC, "avoid": {"nodes": ["r77"]}})
    working.see("bad", "gold")
    working.states(bad="Refused", gold="Satisfied")
    said = [("bad", "Warning", "Refused"), ("gold", "Normal", "Satisfied")]
    for _ in range(3):
        working.follower.replan()
    assert sorted(server.events()) == said
    on(cut("r2-r7", "r5-r6"))
    working.follower.replan()
    working.states(gold="Unsatisfiable")
    events = [*server.objects[EVENTS].values()]
    assert server.events()[2:] == [("gold", "Warning", "Unsatisfiable")]
    assert events[2]["message"] == server.status("gold")["reason"]
    about = events[2]["involvedObject"]
    assert about["uid"] == server.objects[PATH]["gold"]["metadata"]["uid"]
    assert about["apiVersion"] == "srv6.testbed.invalid/v1alpha1"
    on(cut())
    Engine(server).start().see("bad", "gold")  # another one reads in the status what was said
    working.states(gold="Satisfied")
    assert server.events()[3:] == [("gold", "Normal", "Satisfied")]


def test_a_status_is_written_where_an_event_is_refused(server: Server, working: Engine) -> None:
    server.refuse[EVENTS] = 403
    server.intent("gold", SPEC)
    working.see("gold")
    working.states(gold="Satisfied")
    assert server.events() == []


def test_an_event_that_is_there_is_not_written_again(server: Server, working: Engine) -> None:
    """As if the server had gone between event and status: both are tried again."""
    server.intent("gold", SPEC)
    until(lambda: working.watch.objects)
    status = {"state": "Satisfied", "reason": ""}
    written = state_event(server.objects[PATH]["gold"], status, ("", ""), "gobgp", NOW)
    assert written is not None
    server.put(EVENTS, written["metadata"]["name"], **written)
    working.see("gold")
    working.states(gold="Satisfied")
    assert server.events() == [("gold", "Normal", "Satisfied")]
    assert server.count("POST", EVENTS) == 1


def test_what_is_wrong_with_an_object_is_in_its_status(server: Server, working: Engine) -> None:
    server.intent("bad", {**SPEC, "avoid": {"nodes": ["r77"]}})
    server.intent("good", SPEC)
    working.see("bad", "good")
    working.states(bad="Refused", good="Satisfied")
    (finding,) = server.status("bad")["findings"]
    assert finding == "avoid: there is no node r77; fix: did you mean r7?"
    assert owners() == {"good"}


def test_of_two_objects_for_the_same_traffic_the_older_one_counts(
    server: Server, working: Engine
) -> None:
    server.intent("a-younger", SPEC, second=2)
    server.intent("older", SPEC, second=1)
    working.see("a-younger", "older")
    working.states(**{"a-younger": "Refused", "older": "Satisfied"})
    assert "is older's already (which the API server has)" in server.status("a-younger")["reason"]
    server.drop(PATH, "older")
    working.see("a-younger")
    working.states(**{"a-younger": "Satisfied"})


def test_the_labs_own_intents_come_first(server: Server, working: Engine) -> None:
    apply()
    before = files()
    server.intent("gold", {**SPEC, "from": ["worker2"], "to": ["worker1"]})
    server.intent("other", SPEC)
    working.see("gold", "other")
    working.states(gold="Refused", other="Refused")
    assert files() == before
    assert "the lab has an intent gold of its own" in server.status("gold")["reason"]
    assert "testbed te delete gold" in server.status("gold")["reason"]
    engine.delete(PLAN, ["gold"])
    working.follower.replan()
    working.states(gold="Satisfied", other="Satisfied")


def test_peoples_policies_are_not_touched(server: Server, working: Engine) -> None:
    people()
    server.intent("gold", SPEC)
    server.intent("back", {**SPEC, "from": ["worker2"], "to": ["worker1"]})
    working.see("gold", "back")
    working.states(gold="Refused", back="Satisfied")
    assert "testbed policy delete mine" in server.status("gold")["reason"]
    assert owners() == {"", "back"}


def test_objects_are_not_for_te_apply_and_te_delete(server: Server, working: Engine) -> None:
    server.intent("gold", SPEC)
    working.see("gold")
    with pytest.raises(TestbedError, match="is an object of the API server") as refused:
        engine.delete(PLAN, ["gold"])
    assert refused.value.fix == "testbed kubectl delete intent gold"
    with pytest.raises(TestbedError, match="is an object of the API server") as refused:
        apply()
    assert (refused.value.fix or "").startswith("testbed kubectl edit intent gold")
    assert store.read(PLAN).objects == {"gold"}
    with pytest.raises(TestbedError, match="the intent gold steers this traffic") as refused:
        people()
    assert refused.value.fix == "testbed kubectl delete intent gold"


def test_an_object_that_goes_takes_its_policy_along(server: Server, working: Engine) -> None:
    server.intent("gold", SPEC)
    working.see("gold")
    server.drop(PATH, "gold")
    working.see()
    assert (owners(), store.read(PLAN).names) == (set(), [])


def test_policies_stay_while_the_server_is_away(
    server: Server, working: Engine, on: SetNetwork
) -> None:
    """Also for an engine that is started meanwhile; and it goes on planning."""
    server.intent("gold", SPEC)
    working.see("gold")
    before = files()
    server.stop()
    for one in (working, Engine(server).start()):
        one.follower.replan()
        assert files() == before
    on(cut("r2-r7"))
    Engine(server).follower.replan()
    assert files() != before
    assert owners() == {"gold"}


def test_what_was_missed_is_read_when_the_server_is_back(server: Server, working: Engine) -> None:
    server.intent("gold", SPEC)
    working.see("gold")
    server.stop()
    server.drop(PATH, "gold")
    server.intent("silver", SPEC)
    server.oldest = server._version  # watching from before is Gone
    server.start()
    working.see("silver")
    working.states(silver="Satisfied")
    assert owners() == {"silver"}


def test_a_kind_that_is_not_known_yet_takes_no_policy_away(server: Server, working: Engine) -> None:
    server.intent("gold", SPEC)
    working.see("gold")
    server.absent.add(PATH)
    server.cut()
    until(lambda: server.count("GET", PATH) > 2)
    working.follower.replan()
    assert owners() == {"gold"}


def test_a_status_that_somebody_else_wrote_is_corrected(server: Server, working: Engine) -> None:
    server.intent("gold", SPEC)
    working.see("gold")
    working.states(gold="Satisfied")
    item = server.objects[PATH]["gold"]
    server.put(PATH, "gold", spec=item["spec"], status={"state": "Degraded"})
    working.states(gold="Satisfied")


def test_planning_that_fails_tells_nothing(
    server: Server, working: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unanswered(_plan: Plan) -> None:
        raise CheckFailed("isisd of r3 does not answer")

    monkeypatch.setattr(engine, "live", unanswered)
    server.intent("gold", SPEC)
    working.see("gold")
    assert server.status("gold") == {}


def test_only_specs_wake_the_engine(server: Server, working: Engine) -> None:
    server.intent("gold", SPEC)
    working.see("gold")
    working.watch.take_change()
    working.states(gold="Satisfied")
    until(lambda: (working.watch.objects or {})["gold"].get("status"))
    with pytest.raises(BlockingIOError):
        os.eventfd_read(working.watch.changed)
