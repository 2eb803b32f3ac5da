"""What users of kubectl see: one status object per node, and events about what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.agent.api import node_status_object
from testbed.agent.api.reporter import Reporter
from testbed.agent.contract import parse_status
from testbed.agent.desired.te_config import Refusal
from testbed.agent.model.objects import ConfigMap, Node, ObjectRef, Objects
from testbed.host import coalescing_worker
from testbed.render.kubernetes import objects as rendered
from tests.unit.agent.fake_kube_api import FakeKubeApi

STATUSES = node_status_object.PATH
EVENTS = "/api/v1/namespaces/calico-vpp-dataplane/events"
MAP = ConfigMap("calico-vpp-dataplane", "srv6-config-w1", (), uid="uid-map")
OBJECTS = Objects(nodes=(Node("w1", None, None, uid="uid-w1"),), config_maps=(MAP,))
POLICY = {
    "endpoint": "fd12::1000", "family": 4, "source": "configmap", "color": 4, "distinguisher": 0,
    "preference": 100, "priority": 100, "originator": "fd11::1000", "binding_sid": None,
    "segment_lists": [{"weight": 1, "segments": ["fcff:6::1", "fcdd::1"]}],
    "valid": True, "chosen": True, "why": "the only candidate", "binding_sid_state": "",
}  # fmt: skip
SEEN: dict[str, Any] = {
    "node": "w1", "te_mode": "configmap", "ready": True, "problems": [], "generation": 3,
    "blocks": ["10.0.0.0/26"], "local_sids": {"dt4": "fcdd::4", "dt6": "fcdd::6", "replaced": []},
    "sessions": [{"peer": "w2", "address": "fd12::1000", "state": "Established", "reason": "",
                  "received": 4}],
    "policies": [{**POLICY, "chosen": False, "valid": False, "why": "bad"}, POLICY],
    "pods": [], "prefixes": [], "overlays": ["srv6"], "notes": [],
}  # fmt: skip


@pytest.fixture
def api(tmp_path: Path) -> Iterator[FakeKubeApi]:
    api = FakeKubeApi(tmp_path)
    yield api
    api.stop()


class Told:
    """A reporter on a clock of its own."""

    def __init__(self, api: FakeKubeApi) -> None:
        self.api, self.seconds, self.heard = api, 0.0, 0
        now = datetime(2026, 1, 2, 12, 0, 0, tzinfo=timezone.utc)
        self.reporter = Reporter(api.config, "w1", self._hear, lambda: now, lambda: self.seconds)
        self.reporter.start()

    def _hear(self) -> None:
        with self.api.changed:
            self.heard += 1
            self.api.changed.notify_all()

    def put(self, *refusals: Refusal, objects: Objects = OBJECTS, **changed: Any) -> None:
        self.reporter.put(objects, parse_status({**SEEN, **changed}), refusals)

    def until(self, holds: Callable[[], Any]) -> None:
        with self.api.changed:
            assert self.api.changed.wait_for(holds, 20), self.api.requests

    def status(self) -> dict[str, Any]:
        return dict(self.api.objects[STATUSES].get("w1", {}).get("status", {}))

    def warned(self) -> list[str]:
        return [event["message"] for event in self.api.objects[EVENTS].values()]


def test_the_state_is_one_object_that_goes_with_its_node(api: FakeKubeApi) -> None:
    told = Told(api)
    told.put()
    told.until(lambda: told.status().get("ready"))
    made = api.objects[STATUSES]["w1"]
    assert made["metadata"]["ownerReferences"][0]["uid"] == "uid-w1"
    status = told.status()
    assert [p["chosen"] for p in status["policies"]] == [True, False]
    assert status["summary"] == {
        "sessions": "1/1", "policiesChosen": 1, "policiesSteering": 1, "policiesInvalid": 1,
        "problems": 0, "firstProblem": "",
    }  # fmt: skip
    assert status["conditions"][0]["lastTransitionTime"] == "2026-01-02T12:00:00Z"
    written = len(api.requests)
    told.put()  # nothing new
    told.put(problems=["x"])
    told.until(lambda: told.status()["problems"] == ["x"])
    assert len(api.requests) == written + 1


def test_the_condition_keeps_its_time_over_a_restart(api: FakeKubeApi) -> None:
    old = {"type": "Ready", "status": "True", "lastTransitionTime": "2025-05-05T05:05:05Z"}
    owner = {"ownerReferences": [{"uid": "of an earlier Node"}]}
    api.put(STATUSES, "w1", status={"conditions": [old]}, metadata=owner)
    told = Told(api)
    told.put()
    told.until(lambda: told.status().get("ready"))
    assert told.status()["conditions"][0]["lastTransitionTime"] == "2025-05-05T05:05:05Z"
    found = api.objects[STATUSES]["w1"]["metadata"]
    assert found["ownerReferences"][0]["uid"] == "uid-w1"
    told.put(ready=False)
    told.until(lambda: not told.status()["ready"])
    assert told.status()["conditions"][0]["lastTransitionTime"] == "2026-01-02T12:00:00Z"


def test_nothing_is_told_of_a_node_that_is_not_there(api: FakeKubeApi) -> None:
    told = Told(api)
    told.put(objects=Objects())
    told.put()
    told.until(lambda: told.status())
    assert api.count("GET", STATUSES) == 1


def test_failures_are_a_problem_until_it_works(
    api: FakeKubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coalescing_worker, "_RETRY", 0.01)
    api.absent.add(STATUSES)
    told = Told(api)
    told.put()
    told.until(lambda: told.heard)
    assert "kubectl does not show this node's state" in told.reporter.problems[0]
    api.absent.clear()
    told.until(lambda: told.status() and told.heard > 1)
    assert told.reporter.problems == []


def test_a_refused_config_map_gets_an_event_once(api: FakeKubeApi) -> None:
    told, refusal = Told(api), Refusal("ConfigMap srv6-config-w1 is not used: nonsense", MAP.name)
    told.put(refusal)
    told.until(told.warned)
    (event,) = api.objects[EVENTS].values()
    assert event["involvedObject"]["uid"] == "uid-map" and event["type"] == "Warning"
    assert told.warned() == ["w1: ConfigMap srv6-config-w1 is not used: nonsense"]
    told.put(refusal, blocks=[])
    told.until(lambda: told.status()["blocks"] == [])
    told.put(blocks=[])  # it was mended …
    told.put(refusal, Refusal("more", MAP.name), blocks=[])
    told.until(lambda: len(told.warned()) == 2)
    assert api.count("POST", EVENTS) <= 3
    again = Told(api)  # … and after a restart the same event is renewed
    again.put(refusal)
    again.until(lambda: api.count("PATCH", EVENTS))
    assert len(told.warned()) == 2


def test_a_pool_that_is_not_used_gets_an_event_where_kubectl_looks_for_it(
    api: FakeKubeApi,
) -> None:
    told = Told(api)
    told.put(Refusal("IPPool p is not used", about=ObjectRef("IPPool", "p", uid="uid-p")))
    events = api.objects["/api/v1/namespaces/default/events"]
    told.until(lambda: events)
    (event,) = events.values()
    assert event["involvedObject"] == {
        "apiVersion": "crd.projectcalico.org/v1", "kind": "IPPool", "name": "p", "uid": "uid-p",
    }  # fmt: skip
    assert (event["type"], event["message"]) == ("Warning", "w1: IPPool p is not used")


def test_what_may_pass_is_told_only_when_it_lasts(api: FakeKubeApi) -> None:
    told = Told(api)
    soon, now = Refusal("soon over", MAP.name, passing=True), Refusal("now", MAP.name)
    told.put(soon, now)
    told.until(lambda: told.warned() == ["w1: now"])
    told.put(now, problems=["x"])  # it was over
    told.until(lambda: told.status()["problems"] == ["x"])
    told.seconds = 100.0
    told.put(soon, now)
    told.until(lambda: told.status()["problems"] == [])
    told.seconds = 104.0
    told.put(soon, now, problems=["y"])
    told.until(lambda: len(told.warned()) == 2)


def test_refusals_about_no_config_map_that_is_there_are_no_events(api: FakeKubeApi) -> None:
    told = Told(api)
    told.put(Refusal("no pool"), Refusal("gone meanwhile", "srv6-config-x"))
    told.until(told.status)
    assert not told.warned()


def schema() -> dict[str, Any]:
    """The CRD's schema, made strict: the API server would drop what it does not name."""

    def strict(node: Any) -> Any:
        if isinstance(node, dict):
            if node.pop("nullable", False):
                node["type"] = [node["type"], "null"]
            if "properties" in node:
                node["additionalProperties"] = False
            return {key: strict(value) for key, value in node.items()}
        return node

    (crd,) = rendered("crd-srv6nodestatus.yaml.j2")
    (version,) = crd["spec"]["versions"]
    return dict(strict(version["schema"]["openAPIV3Schema"]["properties"]["status"]))


TEXT = st.text(max_size=2000)


@settings(max_examples=20)
@given(TEXT, st.booleans(), st.none() | st.just("cafe::1"), st.sampled_from([0, 4, 6]))
def test_every_status_fits_the_definition(
    text: str, ready: bool, binding: str | None, family: int
) -> None:
    policy = {
        **POLICY,
        "why": text,
        "binding_sid": binding,
        "family": family,
        "binding_sid_state": text,
    }
    seen = {**SEEN, "problems": [text] * 300, "ready": ready, "policies": [policy] * 300,
            "local_sids": {"replaced": []}}  # fmt: skip
    status = node_status_object.status(parse_status(seen))
    condition = node_status_object.ready_condition(
        ready, seen["problems"], [], "2026-01-02T12:00:00Z"
    )
    jsonschema.validate({**status, "conditions": [condition]}, schema())
    assert len(json.dumps(status, ensure_ascii=False).encode()) < 1_000_000


def test_the_definition_is_what_is_written() -> None:
    (crd,) = rendered("crd-srv6nodestatus.yaml.j2")
    made = node_status_object.skeleton(Node("w1", None, None, uid="u"))
    assert made["apiVersion"] == f"{crd['spec']['group']}/{crd['spec']['versions'][0]['name']}"
    assert made["kind"] == crd["spec"]["names"]["kind"]
    assert crd["metadata"]["name"] == f"{crd['spec']['names']['plural']}.{crd['spec']['group']}"
    assert node_status_object.PATH.endswith(crd["spec"]["names"]["plural"])
