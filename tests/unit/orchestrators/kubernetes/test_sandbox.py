"""The kubelet's words on a sandbox that it cannot make reach who waits for the pod."""

from __future__ import annotations

from typing import Any, cast

import pytest

from testbed.errors import CheckFailed, TestbedError
from testbed.orchestrators.kubernetes.api import KubernetesApi
from testbed.orchestrators.kubernetes.pods import manifest
from testbed.orchestrators.kubernetes.sandbox import SandboxFailures, last_failure

BUSY = "Failed to create pod sandbox: rpc error: code = Unknown desc = the agent does not answer"
LOST = (
    'Failed to create pod sandbox: rpc error: plugin type="testbed" failed (add): '
    'failed to find plugin "testbed" in path [/usr/lib/cni]'
)
POD = manifest("pod-worker1", "worker1")


class Server:
    """An API server whose list of events is the test's."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.busy = False

    def items(self, path: str) -> list[dict[str, Any]]:
        """As KubernetesApi.items()."""
        self.asked.append(path)
        if self.busy:
            raise TestbedError("cannot list", exit_code=1)
        return self.events


class Clock:
    """A clock that the test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def failures(server: Server, clock: Clock) -> SandboxFailures:
    return SandboxFailures(cast("KubernetesApi", server), POD, clock)


def event(message: str, last: str) -> dict[str, Any]:
    return {"message": message, "lastTimestamp": last}


def test_a_pod_that_starts_at_once_costs_no_question(
    failures: SandboxFailures, server: Server, clock: Clock
) -> None:
    clock.now = 0.9
    assert failures.last() == ""
    assert server.asked == []


def test_the_newest_failure_is_told(
    failures: SandboxFailures, server: Server, clock: Clock
) -> None:
    server.events = [event(BUSY, "2026-01-01T00:00:02Z"), event("older", "2026-01-01T00:00:01Z")]
    clock.now = 1.0
    assert failures.last() == failures.last() == BUSY
    assert server.asked == [
        "/api/v1/namespaces/default/events?fieldSelector="
        "involvedObject.name%3Dpod-worker1%2Creason%3DFailedCreatePodSandBox"
    ]
    server.busy, clock.now = True, 2.0
    assert failures.last() == BUSY


def test_what_trying_again_does_not_mend_ends_the_wait(
    failures: SandboxFailures, server: Server, clock: Clock
) -> None:
    server.events = [event(LOST, "2026-01-01T00:00:02Z")]
    clock.now = 1.0
    with pytest.raises(CheckFailed, match="pod pod-worker1 cannot start on worker1") as said:
        failures.last()
    assert said.value.why == LOST


def test_either_kind_of_event_has_its_time() -> None:
    series = {"message": "new", "eventTime": "2026-01-01T00:00:00.000000Z",
              "series": {"lastObservedTime": "2026-01-01T00:00:09.000000Z"}}  # fmt: skip
    assert last_failure([event("old", "2026-01-01T00:00:05Z"), series]) == "new"
    assert last_failure([]) == ""
