"""Objects of the API server as events, and a watch that ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import pytest

from testbed.kube.client import KubeClient
from testbed.kube.documents import KubeObject
from testbed.kube.errors import Refused, Unreachable
from testbed.orchestrators.kubernetes.reports import listed, of_event, of_pod, watched
from testbed.report.event import Event

EVENT: KubeObject = {
    "kind": "Event",
    "metadata": {"name": "web.1", "namespace": "default", "resourceVersion": "7"},
    "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web"},
    "reason": "FailedCreatePodSandBox",
    "message": "no address\n of pool v4",
    "type": "Warning",
    "source": {"component": "kubelet", "host": "worker1"},
    "firstTimestamp": "2026-11-26T02:58:00Z",
    "lastTimestamp": "2026-11-26T02:58:10Z",
    "count": 3,
}
POD: KubeObject = {
    "metadata": {"name": "web", "namespace": "default", "resourceVersion": "8"},
    "spec": {"nodeName": "worker1"},
    "status": {
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "True",
                "lastTransitionTime": "2026-11-26T02:57:00Z",
            },
            {
                "type": "Ready",
                "status": "False",
                "reason": "ContainersNotReady",
                "lastTransitionTime": "2026-11-26T02:58:10Z",
            },
        ]
    },
}
SEEN = Event(
    "2026-11-26T02:58:10.000Z",
    "worker1",
    "kubernetes",
    "Pod default/web: Warning: FailedCreatePodSandBox: no address of pool v4",
)


def test_an_event_of_a_kubelet() -> None:
    assert of_event(EVENT) == SEEN


def test_an_event_in_the_newer_form_of_the_scheduler() -> None:
    """It has eventTime, in microseconds, and no lastTimestamp."""
    newer = {
        **EVENT,
        "type": "Normal",
        "reason": "Scheduled",
        "message": "Successfully assigned",
        "source": {},
        "reportingInstance": "default-scheduler-master",
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": "2026-11-26T02:58:10.123456Z",
    }
    what = "Pod default/web: Scheduled: Successfully assigned"
    assert of_event(newer) == Event("2026-11-26T02:58:10.123Z", "-", "kubernetes", what)


def test_an_event_about_a_node_is_of_that_node() -> None:
    about = {**EVENT, "involvedObject": {"kind": "Node", "name": "worker2"}}
    found = of_event(about)
    assert found is not None
    assert (found.node, found.what.partition(":")[0]) == ("worker2", "Node worker2")


def test_an_event_without_any_time_is_left_out() -> None:
    assert of_event({**EVENT, "lastTimestamp": None}) is None


def test_a_pod_becomes_ready() -> None:
    waiting = of_pod(POD)
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-26T02:58:11Z"}
    there = of_pod({**POD, "status": {"conditions": [ready]}})
    assert waiting == Event(
        "2026-11-26T02:58:10.000Z", "worker1", "pod", "default/web not ready: ContainersNotReady"
    )
    assert there == Event("2026-11-26T02:58:11.000Z", "worker1", "pod", "default/web ready")


@pytest.mark.parametrize("status", [{}, {"conditions": []}])
def test_a_pod_that_nobody_looked_at_yet(status: Mapping[str, object]) -> None:
    assert of_pod({**POD, "status": dict(status)}) is None


class Server:
    """A client whose server has one list, and gives each watch of a script in turn."""

    def __init__(self, *watches: list[KubeObject]) -> None:
        self.watches = list(watches)
        self.asked: list[str] = []

    def call(self, _: str, __: str) -> KubeObject:
        return {"items": [EVENT], "metadata": {"resourceVersion": "7"}}

    def watch(self, path: str, _: float) -> Iterator[KubeObject]:
        self.asked.append(path)
        if not self.watches:
            raise Unreachable("gone")
        yield from self.watches.pop(0)


def follow(server: Server) -> list[list[Event]]:
    """What comes until the server goes."""
    found: list[list[Event]] = []
    with pytest.raises((Unreachable, Refused)):
        for batch in watched(cast(KubeClient, server), "/api/v1/events"):
            found.append(batch)
    return found


def later(version: str, second: int) -> KubeObject:
    metadata = {**EVENT["metadata"], "resourceVersion": version}
    item = {**EVENT, "metadata": metadata, "lastTimestamp": f"2026-11-26T02:58:{second}Z"}
    return {"type": "MODIFIED", "object": item}


def test_what_is_there_and_what_comes_over_several_watches() -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
    server = Server([later("8", 11), bookmark], [later("10", 12)])
    assert [batch[0].time[17:19] for batch in follow(server)] == ["10", "11", "12"]
    assert ["resourceVersion=7" in server.asked[0], "=9&" in server.asked[1]] == [True, True]


def test_a_version_that_is_too_old_ends_it_for_a_new_list() -> None:
    gone = {"type": "ERROR", "object": {"code": 410, "message": "too old"}}
    assert len(follow(Server([gone]))) == 1


@pytest.mark.parametrize("item", [None, {}, {"type": "ADDED"}, {"type": "ADDED", "object": {}}])
def test_what_is_no_event_is_an_error_of_the_server(item: object) -> None:
    with pytest.raises(Unreachable):
        for _ in watched(cast(KubeClient, Server([cast(KubeObject, item)])), "/api/v1/events"):
            pass


def test_a_list_that_is_none_is_an_error_of_the_server() -> None:
    server = Server()
    server.call = lambda _, __: {"items": [1]}  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        listed(cast(KubeClient, server), "/api/v1/events")
