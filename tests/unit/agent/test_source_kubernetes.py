"""The API server as a source: lists, watches, and everything that can happen to them."""

from __future__ import annotations

import itertools
import logging
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from testbed.agent.api import kubernetes_source
from testbed.agent.api.block_claims import Claims
from testbed.agent.api.kubernetes_source import RESOURCES, KubernetesSource
from testbed.agent.model.network_policy import ApiPod
from testbed.agent.model.objects import Node, Objects
from testbed.agent.model.pod_wish import PodMetadata
from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.kube import client as kube_client
from testbed.kube import kubeconfig, watch
from testbed.kube.api_wait import ApiWait, Line
from testbed.kube.backoff import SharedBackoff
from testbed.kube.client import KubeClient
from testbed.kube.errors import Refused, Unreachable
from testbed.kube.kubeconfig import reader
from tests.unit.agent.fake_kube_api import CALICO, FakeKubeApi

NODES, POOLS, BLOCKS = "/api/v1/nodes", f"{CALICO}/ippools", f"{CALICO}/blockaffinities"
MAPS = "/api/v1/namespaces/calico-vpp-dataplane/configmaps"
NOON = datetime(2026, 1, 2, 12, 0, 0)
W1 = Node("w1", None, None, uid="uid-w1")


@pytest.fixture
def api(tmp_path: Path) -> Iterator[FakeKubeApi]:
    api = FakeKubeApi(tmp_path)
    api.put(POOLS, "p", spec={"cidr": "10.0.0.0/16"})
    yield api
    api.stop()


class Watcher:
    """A source under test and what it said."""

    def __init__(self, api: FakeKubeApi) -> None:
        self._seen: queue.Queue[Objects] = queue.Queue()
        times = itertools.chain([NOON], itertools.repeat(datetime(1999, 1, 1)))  # it jumps back
        self.source = KubernetesSource("w1", api.config, clock=lambda: next(times))
        self.source.start(self._seen.put)

    def until(self, holds: Callable[[Objects], Any]) -> Objects:
        while True:
            seen = self._seen.get(timeout=20)
            if holds(seen):
                return seen


def test_a_pod_is_looked_up_with_its_namespace(api: FakeKubeApi) -> None:
    source = KubernetesSource("w1", api.config)
    api.put("/api/v1/namespaces", "team", metadata={"labels": {"a": "b"}})
    pods = "/api/v1/namespaces/team/pods"
    api.put(pods, "web", metadata={"annotations": {"x": "y"}, "uid": "uid-web"})
    assert source.pod("team", "web") == PodMetadata(
        {"x": "y"}, {}, {"a": "b"}, ApiPod("team", "web", uid="uid-web")
    )
    assert source.pod("team", "gone") == PodMetadata({}, {}, {"a": "b"}, ApiPod("team", "gone"))
    api.refuse[pods] = 403
    with pytest.raises(TestbedError, match="not now"):
        source.pod("team", "web")


@pytest.fixture
def watcher(api: FakeKubeApi) -> Iterator[Watcher]:
    watcher = Watcher(api)
    yield watcher
    watcher.source.stop()


def pools(*names: str) -> Callable[[Objects], bool]:
    return lambda objects: objects.complete and [p.name for p in objects.pools] == list(names)


def well(objects: Objects) -> bool:
    return objects.complete and not objects.problems


def watches(api: FakeKubeApi, number: int, path: str = POOLS) -> None:
    """Until the list is watched for the number-th time."""
    with api.changed:
        assert api.changed.wait_for(lambda: api.count("WATCH", path) >= number, 20)


def test_objects_come_as_from_files(api: FakeKubeApi, watcher: Watcher) -> None:
    addresses = [{"type": "InternalIP", "address": a} for a in ("10.1.1.1", "fd10::1", "fd10::2")]
    api.put(NODES, "w1", status={"addresses": addresses}, metadata={"labels": {"a": "b"}})
    api.put(MAPS, "testbed-config", data={"k": "v"}, metadata={"namespace": "calico-vpp-dataplane"})
    api.put(BLOCKS, "b", spec={"node": "w1", "cidr": "10.0.0.0/26"})
    seen = watcher.until(lambda o: o.complete and o.nodes and o.config_maps and o.affinities)
    node = seen.node("w1")
    assert node is not None and node.uid and node.label_map["a"] == "b"
    assert (str(node.v4), str(node.v6)) == ("10.1.1.1", "fd10::1")
    assert seen.config_map("calico-vpp-dataplane", "testbed-config").map == {"k": "v"}  # type: ignore[union-attr]
    assert seen.affinities[0].cidr == ip_network("10.0.0.0/26") and not seen.problems


def test_changes_come_by_watch(api: FakeKubeApi, watcher: Watcher) -> None:
    watcher.until(pools("p"))
    watches(api, 1)
    api.put(POOLS, "q", spec={"cidr": "10.1.0.0/16"})
    watcher.until(pools("p", "q"))
    api.put(POOLS, "q", spec={"cidr": "10.2.0.0/16"})
    watcher.until(lambda o: str(o.pools[-1].cidr) == "10.2.0.0/16")
    api.drop(POOLS, "p")
    watcher.until(pools("q"))
    assert api.count("GET", POOLS) == 1


def test_a_heartbeat_is_no_change(api: FakeKubeApi, watcher: Watcher) -> None:
    api.put(NODES, "w1", status={"conditions": [{"time": 1}]})
    watcher.until(lambda o: o.complete and o.nodes)
    watches(api, 1, NODES)
    api.put(NODES, "w1", status={"conditions": [{"time": 2}]})
    api.put(NODES, "w2")
    seen = [watcher._seen.get(timeout=20)]
    assert [n.name for n in seen[0].nodes] == ["w1", "w2"]


def test_a_watch_that_is_cut_misses_nothing(api: FakeKubeApi, watcher: Watcher) -> None:
    watcher.until(pools("p"))
    watches(api, 1)
    with api.changed:
        api.cut()
        api.drop(POOLS, "p")
        api.put(POOLS, "q", spec={"cidr": "10.1.0.0/16"})
    seen = watcher.until(pools("q"))
    assert not seen.problems


def test_a_version_that_is_gone_is_listed_anew(api: FakeKubeApi) -> None:
    api.oldest = 10_000
    watcher = Watcher(api)
    watcher.until(pools("p"))
    with api.changed:
        assert api.changed.wait_for(lambda: api.count("GET", POOLS) > 2, 20)
    api.put(POOLS, "q", spec={"cidr": "10.1.0.0/16"})
    assert not watcher.until(pools("p", "q")).problems
    watcher.source.stop()


def test_an_error_event_is_listed_anew(api: FakeKubeApi, watcher: Watcher) -> None:
    watcher.until(pools("p"))
    watches(api, 1)
    with api.changed:
        gone = {"kind": "Status", "code": 410, "message": "too old", "metadata": {}}
        api._version += 1
        api._tell(POOLS, "ERROR", gone)
    watches(api, 2)
    api.put(POOLS, "q", spec={"cidr": "10.1.0.0/16"})
    assert not watcher.until(pools("p", "q")).problems


def test_bookmarks_move_the_version_on(api: FakeKubeApi) -> None:
    versions: list[str] = []
    follow = watch.ResourceWatch._apply

    class Watch(watch.ResourceWatch):
        def _apply(self, kind: str, item: Any) -> str:
            versions.append(kind)
            versions.append(follow(self, kind, item))
            with api.changed:
                api.changed.notify_all()
            return versions[-1]

    pace = SharedBackoff()
    client = KubeClient(reader(api.config))
    Watch(client, watch.Resource("IPPool", POOLS), lambda: None, pace, ApiWait()).start()
    watches(api, 1)
    api.put(NODES, "w1")
    api.bookmark()
    with api.changed:
        assert api.changed.wait_for(lambda: len(versions) == 2, 20)
    assert versions == ["BOOKMARK", str(api._version)]
    pace.end()


def test_the_last_state_is_kept_while_the_server_is_away(
    api: FakeKubeApi, watcher: Watcher
) -> None:
    watcher.until(pools("p"))
    api.stop()
    seen = watcher.until(lambda o: o.problems)
    (problem,) = seen.problems
    assert problem.startswith(
        "API server does not answer since 2026-01-02 12:00:00; last state kept ("
    )
    assert pools("p")(seen)
    api.put(POOLS, "q", spec={"cidr": "10.1.0.0/16"})
    api.start()
    watcher.until(lambda o: well(o) and len(o.pools) == 2)


def test_all_come_back_when_one_does(api: FakeKubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_RETRY_MAX", 3600.0)
    monkeypatch.setattr(watch, "_RETRY", 1800.0)
    monkeypatch.setattr(watch, "_RETRY_SOON", 0.05)
    api.stop()
    watcher = Watcher(api)
    all_watches = watcher.source._watches
    wait_for(
        "six failures", lambda: (all(w.failure for w in all_watches) or None, ""), timeout=20.0
    )
    api.start()
    watcher.until(well)
    watcher.source.stop()


def test_before_the_first_answer_nothing_is_concluded(api: FakeKubeApi) -> None:
    api.stop()
    watcher = Watcher(api)
    seen = watcher.until(lambda _: True)
    assert not seen.complete and "nothing is known yet" in seen.problems[0]
    api.start()
    watcher.until(lambda o: well(o) and len(o.pools) == 1)
    watcher.source.stop()


def test_a_server_that_begins_by_refusing_is_two_lines_of_the_log(
    api: FakeKubeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in every start: the server is up before the rules that let agents read."""
    said: list[Line] = []
    logged: list[Line] = []

    class Log:
        """A logger whose lines no other test's settings keep back."""

        def log(self, level: int, text: str) -> None:
            logged.append((level, text))

    class Heard(ApiWait):
        """Of this source alone: watches of other tests may live on for a while."""

        def failed(self, kind: str, problem: str, pause: float) -> Line | None:
            return self._hear(super().failed(kind, problem, pause))

        def succeeded(self, kind: str) -> Line | None:
            return self._hear(super().succeeded(kind))

        def _hear(self, line: Line | None) -> Line | None:
            said.extend([line] if line else [])
            return line

    monkeypatch.setattr(kubernetes_source, "ApiWait", Heard)
    monkeypatch.setattr(watch, "log", Log())
    paths = {resource.path for resource in RESOURCES}
    api.refuse = dict.fromkeys(paths, 403)
    watcher = Watcher(api)

    def asked_twice() -> tuple[bool | None, str]:
        seen = [path for method, path in api.requests if method == "GET"]
        rare = [p for p in paths if sum(x.partition("?")[0] == p for x in seen) < 2]
        return (None if rare else True), str(rare)

    wait_for("every list to be refused", asked_twice, 20)
    api.refuse.clear()
    watcher.until(lambda objects: objects.complete and not objects.problems)
    wait_for("the lines to be logged", lambda: (set(said) <= set(logged) or None, str(logged)), 20)
    watcher.source.stop()
    began, over = said
    assert began[0] == over[0] == logging.INFO
    assert began[1].startswith("waits for the API server: ") and "API server refuses" in began[1]
    assert over[1] == "the wait for the API server is over"


def test_a_definition_that_is_missing_counts_as_empty_until_it_comes(api: FakeKubeApi) -> None:
    api.absent |= {POOLS, BLOCKS}
    watcher = Watcher(api)
    assert well(watcher.until(lambda o: o.complete))
    api.absent.clear()
    watcher.until(pools("p"))
    with api.changed:
        api.absent.add(POOLS)
        api.cut()
    assert well(watcher.until(pools()))
    watcher.source.stop()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "API server refuses GET /api/v1/nodes (not now)"),
        (403, "API server refuses GET /api/v1/nodes (not now)"),
        (429, "does not answer (HTTP 429: not now)"),
        (500, "does not answer (HTTP 500: not now)"),
    ],
)
def test_a_refusal_is_a_sentence(api: FakeKubeApi, status: int, sentence: str) -> None:
    api.refuse[NODES] = status
    watcher = Watcher(api)
    seen = watcher.until(lambda o: o.problems)
    assert sentence in seen.problems[0]
    assert not seen.complete
    api.refuse.clear()
    watcher.until(well)
    watcher.source.stop()


def test_a_server_that_hangs_is_noticed(api: FakeKubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube_client, "LIMITS", kube_client.Limits(answer=0.2))
    api.hang = True
    watcher = Watcher(api)
    assert "does not answer" in watcher.until(lambda o: o.problems).problems[0]
    api.hang = False
    watcher.until(well)
    watcher.source.stop()


def test_a_silent_watch_is_begun_anew(api: FakeKubeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_SILENCE", 0.2)
    watcher = Watcher(api)
    watches(api, 2)
    api.put(POOLS, "q", spec={"cidr": "10.1.0.0/16"})
    assert well(watcher.until(pools("p", "q")))
    watcher.source.stop()


def test_a_kubeconfig_that_is_no_use_is_a_sentence_until_it_is(api: FakeKubeApi) -> None:
    text = api.config.read_text()
    api.config.write_text("{")
    watcher = Watcher(api)
    assert "not a kubeconfig" in watcher.until(lambda o: o.problems).problems[0]
    api.config.write_text(text)
    watcher.until(well)
    watcher.source.stop()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "7", "{}", "a: [", '{"current-context": "x", "contexts": 1}',
     '{"current-context":"x","contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],'
     '"clusters":[{"name":"c","cluster":{"server":"http://192.0.2.1"}}],'
     '"users":[{"name":"u","user":{}}]}'],
)  # fmt: skip
def test_hostile_kubeconfigs_are_sentences(tmp_path: Path, content: str) -> None:
    path = tmp_path / "agent.conf"
    path.write_text(content)
    with pytest.raises(TestbedError):
        kubeconfig.load(path)
    with pytest.raises(TestbedError):
        kubeconfig.load(tmp_path / "absent")


def test_one_connection_serves_many_calls_and_survives_a_loss(api: FakeKubeApi) -> None:
    client = KubeClient(kubeconfig.reader(api.config))
    client.call("GET", POOLS)
    before = client._connection
    client.call("GET", POOLS)
    assert client._connection is before
    api.cut()
    assert client.call("GET", POOLS)["items"]
    with pytest.raises(Refused) as refused:
        client.call("GET", f"{POOLS}/absent")
    assert refused.value.status == 404
    api.stop()
    with pytest.raises(Unreachable, match="does not answer"):
        client.call("GET", POOLS)
    api.start()


def test_a_claim_goes_away_with_its_node(api: FakeKubeApi) -> None:
    block = ip_network("fd00:0:0:1::/122")
    assert Claims(api.config).claim(block, W1)
    (made,) = api.objects[BLOCKS].values()
    assert made["metadata"]["name"] == "fd00-0-0-1---122"
    assert made["metadata"]["ownerReferences"][0]["uid"] == "uid-w1"
    assert made["spec"]["node"] == "w1" and made["spec"]["cidr"] == str(block)


def test_racing_nodes_never_get_one_block_twice(api: FakeKubeApi) -> None:
    block = ip_network("10.0.0.0/26")

    def claim(number: int) -> bool:
        return Claims(api.config).claim(block, Node(f"n{number}", None, None, uid=f"u{number}"))

    with ThreadPoolExecutor(8) as executor:
        assert sum(executor.map(claim, range(8))) == 1


def test_blocks_of_different_sizes_never_overlap(api: FakeKubeApi) -> None:
    """The pool's block size was changed: the names differ, so creating alone proves nothing."""
    claims, other = Claims(api.config), Node("w2", None, None, uid="uid-w2")
    assert claims.claim(ip_network("10.0.0.0/26"), W1)
    assert not claims.claim(ip_network("10.0.0.0/24"), other)
    assert claims.claim(ip_network("10.0.0.64/26"), W1)
    assert [o["spec"]["node"] for o in api.objects[BLOCKS].values()] == ["w1", "w1"]


def test_a_claim_of_before_a_restart_is_ours(api: FakeKubeApi) -> None:
    block, again = ip_network("10.0.0.0/26"), Node("w1", None, None, uid="uid-new")
    assert Claims(api.config).claim(block, W1)
    assert Claims(api.config).claim(block, again)
    (made,) = api.objects[BLOCKS].values()
    assert made["metadata"]["ownerReferences"][0]["uid"] == "uid-new"


def test_no_claim_without_a_node_or_a_server(api: FakeKubeApi) -> None:
    block = ip_network("10.0.0.0/26")
    with pytest.raises(TestbedError, match="before Node w1 is there"):
        Claims(api.config).claim(block, Node("w1", None, None))
    api.stop()
    with pytest.raises(Unreachable):
        Claims(api.config).claim(block, W1)
    api.start()


def test_only_ones_own_claim_is_released(api: FakeKubeApi) -> None:
    claims, block = Claims(api.config), ip_network("10.0.0.0/26")
    claims.release(block, W1)  # not there: nothing to do
    assert claims.claim(block, W1)
    claims.release(block, Node("w2", None, None, uid="uid-w2"))
    assert len(api.objects[BLOCKS]) == 1
    claims.release(block, W1)
    assert not api.objects[BLOCKS]


def test_what_two_namespaces_have_by_one_name_is_two(api: FakeKubeApi) -> None:
    policies = api.objects["/apis/networking.k8s.io/v1/networkpolicies"]
    for namespace in ("a", "b"):
        policies[namespace] = {"metadata": {"name": "x", "namespace": namespace}, "spec": {}}
    watcher = Watcher(api)
    try:
        seen = watcher.until(lambda objects: objects.complete)
        assert [policy.namespace for policy in seen.isolation.policies] == ["a", "b"]
        assert not seen.problems
    finally:
        watcher.source.stop()
