"""How long a watch waits before it tries again."""

from __future__ import annotations

from typing import Any

from testbed.kube.api_wait import ApiWait
from testbed.kube.backoff import SharedBackoff
from testbed.kube.client import KubeClient
from testbed.kube.errors import Unreachable
from testbed.kube.watch import Resource, ResourceWatch


class NoServer(KubeClient):
    """A client whose server never answers."""

    def __init__(self) -> None:
        pass

    def call(self, *_: Any) -> Any:
        raise Unreachable("no server", why="none")

    def close(self) -> None:
        pass


class Recorded(SharedBackoff):
    """Never waits; another watch gets through during the fifth pause, all ends with the eighth."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def wait(self, seconds: float, successes: int) -> bool:
        self.pauses.append(round(seconds, 1))
        if len(self.pauses) == 5:
            self.succeeded()
        assert successes <= self.successes
        return len(self.pauses) == 8


def test_pauses_grow_until_somebody_gets_through() -> None:
    """A server that came back may refuse for a moment: that is no reason to wait long again."""
    pace = Recorded()
    ResourceWatch(NoServer(), Resource("Node", "/nodes"), lambda: None, pace, ApiWait()).run()
    assert pace.pauses == [0.0, 0.1, 0.2, 0.4, 0.8, 0.1, 0.2, 0.4]
