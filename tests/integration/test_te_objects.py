"""Intents as objects of a whole cluster: applied, told, kept while the API server is away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from testbed.host.wait import wait_for
from testbed.kube.client import KubeClient
from testbed.object_fields.intent_object import PATH, intent_object
from testbed.orchestrators.kubernetes.api import USERS, client_in
from testbed.plan.kubernetes import control_plane
from tests.documents import Document
from tests.integration.kube_lab import PATIENCE, KubeLab, kube_lab, kube_sandbox

pytestmark = pytest.mark.root

ENGINE, API_SERVER = "gobgp.te", "kube-apiserver"
SPEC = {"from": ["worker1"], "to": ["worker2"], "family": "IPv4", "avoid": {"links": ["r4-r6"]}}


@pytest.fixture(scope="module")
def lab(gobgpd: Path) -> Iterator[KubeLab]:
    with kube_sandbox(gobgpd) as box:
        lab = kube_lab(gobgpd, box, "intents")
        try:
            lab.run("up", "full", "--cluster", "kubernetes", "--no-pods")
            yield lab
        finally:
            lab.down()


def intent(name: str, **fields: object) -> Document:
    return {**intent_object(name), "spec": {**SPEC, **fields}}


def status(lab: KubeLab, name: str) -> Document:
    return dict((lab.api.get(intent_object(name)) or {}).get("status") or {})


def until(what: str, condition: Callable[[], object]) -> None:
    wait_for(what, lambda: (True if condition() else None, "not yet"), PATIENCE, 0.05)


def wait_state(lab: KubeLab, name: str, state: str) -> None:
    until(f"intent {name} to be {state}", lambda: status(lab, name).get("state") == state)


def first_segment(lab: KubeLab) -> str:
    """Of the list that worker1 uses towards worker2 for IPv4."""
    listed = json.loads(lab.run("policy", "list", "-o", "json").stdout)
    address = str(lab.plan.address_v6("worker2"))
    for one in listed:
        wanted = (one["head_end"], one["endpoint"], one["family"]) == ("worker1", address, 4)
        if wanted and one["chosen"]:
            return str(one["segment_lists"][0]["segments"][0])
    return ""


def wait_first_segment(lab: KubeLab, router: str) -> None:
    sid = str(lab.plan.address_v6(router))
    until(f"worker1 to go by {router}", lambda: first_segment(lab) == sid)


@pytest.fixture
def gold(lab: KubeLab) -> Iterator[KubeLab]:
    """The lab with one intent."""
    lab.api.apply(intent("gold"))
    try:
        wait_state(lab, "gold", "Satisfied")
        wait_first_segment(lab, "r7")
        yield lab
    finally:
        lab.api.delete(intent_object("gold"))


def test_an_object_steers_and_is_deleted_as_printed(gold: KubeLab) -> None:
    (row,) = json.loads(gold.run("te", "list", "-o", "json").stdout)
    assert (row["intent"], row["origin"], row["segments"]) == ("gold", "object", ["r7", "worker2"])
    refused = gold.run("te", "delete", "gold", expect=2).stderr
    assert "testbed kubectl delete intent gold" in refused
    gold.run("kubectl", "delete", "intent", "gold")
    until("the policy to be gone", lambda: first_segment(gold) not in sids(gold, "r5", "r7"))


def sids(lab: KubeLab, *routers: str) -> set[str]:
    return {str(lab.plan.address_v6(router)) for router in routers}


def test_what_is_wrong_is_refused_by_the_server_or_in_the_status(gold: KubeLab) -> None:
    file = Path("/tmp/te-object.json")
    for spec, words in (
        ({"famly": "IPv4"}, 'unknown field "spec.famly"'),
        ({"from": "worker1"}, "spec.from"),
        ({"mode": "lax"}, "spec.mode"),
    ):
        text = json.dumps(intent("odd", **spec))
        gold.box.do(f"echo '{text}' > {file}")
        assert words in gold.run("kubectl", "apply", "-f", str(file), expect=1).stderr
    gold.api.apply(intent("bad", avoid={"nodes": ["r77"]}))
    gold.api.apply(intent("twin"))
    try:
        wait_state(gold, "bad", "Refused")
        assert status(gold, "bad")["findings"] == [
            "avoid: there is no node r77; fix: did you mean r7?"
        ]
        wait_state(gold, "twin", "Refused")
        assert "is gold's already" in status(gold, "twin")["reason"]
    finally:
        for name in ("bad", "twin"):
            gold.api.delete(intent_object(name))


def events_of_gold(lab: KubeLab, reason: str) -> list[str]:
    """Those of the object that is there; earlier ones of its name had their own."""
    described = lab.run("kubectl", "describe", "intent", "gold").stdout
    return [line for line in described.partition("Events:")[2].splitlines() if reason in line]


def test_each_state_is_an_event_on_the_object(gold: KubeLab) -> None:
    until("an event", lambda: events_of_gold(gold, "  Satisfied  "))
    gold.api.apply(intent("gold", maxSegments=1))
    until("another event", lambda: events_of_gold(gold, "  Unsatisfiable  "))
    assert len(events_of_gold(gold, "  Satisfied  ")) == 1
    assert all("te-engine" in line for line in events_of_gold(gold, "  Unsatisfiable  "))
    assert "Intent gold: Warning: Unsatisfiable" in gold.run("events").stdout


def test_policies_stay_and_move_while_the_api_server_is_away(gold: KubeLab) -> None:
    """Also by an engine that was started meanwhile."""
    node = control_plane(gold.plan).name
    before = status(gold, "gold")
    gold.supervisor(node).stop([f"{node}.{API_SERVER}"])
    try:
        pid = engine_pid(gold)
        gold.on("gobgp", f"kill -9 {pid}")
        until("the engine to run again", lambda: engine_pid(gold) not in ("", pid))
        assert first_segment(gold) in sids(gold, "r7")
        gold.run("link", "down", "r2", "r7")
        wait_first_segment(gold, "r5")
    finally:
        gold.supervisor(node).start([f"{node}.{API_SERVER}"])
    gold.forget_api()
    until("the status to follow", lambda: status(gold, "gold")["summary"] != before["summary"])
    assert "r5" in status(gold, "gold")["pairs"][0]["segments"]
    gold.run("link", "up", "r2", "r7")
    wait_first_segment(gold, "r7")


def engine_pid(lab: KubeLab) -> str:
    return lab.on("gobgp", "pgrep -f [e]ngine_main | head -1", expect=None).strip()


def test_the_engine_may_list_intents_and_write_their_status_alone(gold: KubeLab) -> None:
    node = control_plane(gold.plan).name
    conf = gold.inner / USERS.relative_to("/") / "te-engine.conf"
    assert conf.stat().st_mode & 0o777 == 0o600
    client = client_in(str(gold.inner / "run/netns" / node), conf)
    try:
        assert verdict(client, "GET", PATH) == HTTPStatus.OK
        assert verdict(client, "PATCH", f"{PATH}/gold/status", {"status": {}}) == HTTPStatus.OK
        spec = {"spec": {"mode": "best-effort"}}
        for method, path, body in (
            ("PATCH", f"{PATH}/gold", spec),
            ("DELETE", f"{PATH}/gold", {}),
            ("GET", "/api/v1/nodes", None),
            ("GET", "/api/v1/secrets", None),
        ):
            assert verdict(client, method, path, body) == HTTPStatus.FORBIDDEN
    finally:
        client.close()


def verdict(client: KubeClient, method: str, path: str, body: Document | None = None) -> int:
    return client.request(method, path, body).status
