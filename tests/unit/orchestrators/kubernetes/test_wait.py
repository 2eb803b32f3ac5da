"""Waiting for a cluster whose API server is short of time."""

from __future__ import annotations

from typing import Any, cast

import pytest

from testbed.errors import TestbedError
from testbed.orchestrators.kubernetes import wait
from testbed.orchestrators.kubernetes.api import KubernetesApi, Polling

READY = {
    "metadata": {"name": "worker1"},
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}


class BusyServer:
    """Answers some questions with 504, then with one Ready node."""

    def __init__(self, refusals: int) -> None:
        self.polling = Polling(interval=0.0, patience=1.0)
        self.refusals = refusals

    def list_cached(self, path: str) -> list[dict[str, Any]]:
        """As KubernetesApi.list_cached()."""
        if self.refusals:
            self.refusals -= 1
            raise TestbedError(f"cannot list {path}", why="HTTP 504", exit_code=1)
        return [READY]


def test_a_server_that_cannot_answer_yet_is_asked_again() -> None:
    server = BusyServer(refusals=2)
    wait.nodes_ready(cast("KubernetesApi", server), ["worker1"])
    assert server.refusals == 0


def test_what_a_server_said_last_is_told_at_the_end() -> None:
    server = BusyServer(refusals=1)
    server.polling = Polling(interval=0.0, patience=0.0)
    with pytest.raises(TestbedError, match=r"Ready.*") as refused:
        wait.nodes_ready(cast("KubernetesApi", server), ["worker1"])
    assert "HTTP 504" in str(refused.value)
