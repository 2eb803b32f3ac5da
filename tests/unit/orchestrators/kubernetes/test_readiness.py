"""An API server that starts is waited for; one that is ready is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import pytest

from testbed.errors import TestbedError
from testbed.kube.client import Answer, KubeClient
from testbed.kube.errors import Refused
from testbed.orchestrators.kubernetes.api import KubernetesApi, Polling, UnknownKind
from testbed.orchestrators.kubernetes.readiness import is_starting, read_readiness
from testbed.orchestrators.kubernetes.wait import api_ready, nodes_ready

STARTING = "[+]ping ok\n[-]poststarthook/rbac/bootstrap-roles failed: reason withheld\n"
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}}
KINDS = b'{"resources": [{"kind": "Pod", "name": "pods", "namespaced": true}]}'


class StartingServer:
    """Ready after so many questions about it; before that it knows neither kinds nor rights."""

    fix = "look at its log"

    def __init__(self, unready: int, early: tuple[int, bytes] = (404, b"")) -> None:
        self.unready, self.early, self.asked = unready, early, 0

    def request(
        self, _method: str, path: str, _body: Mapping[str, object] | None = None, _type: str = ""
    ) -> Answer:
        """As KubeClient.request()."""
        if path.startswith("/readyz"):
            self.asked += 1
            self.unready -= 1
            return self._said(500, STARTING.encode()) if self.unready >= 0 else self._said(200)
        if self.unready > 0:
            return self._said(*self.early)
        return self._said(200, KINDS if path == "/api/v1" else b"{}")

    @staticmethod
    def _said(status: int, payload: bytes = b"{}") -> Answer:
        return Answer(status, payload, "server")


def api(server: StartingServer, start: float = 1.0) -> KubernetesApi:
    return KubernetesApi(cast("KubeClient", server), Polling(0.0, patience=5.0, start=start))


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503, 504])
def test_a_server_that_starts_is_waited_for(status: int) -> None:
    server = StartingServer(3, (status, b'{"message": "not yet"}'))
    assert api(server).get(POD) == {}
    assert server.unready < 0


def test_one_that_goes_on_starting_is_said_to_be_starting() -> None:
    with pytest.raises(TestbedError, match="the API server, which is starting") as late:
        api(StartingServer(10**6), start=0.0).get(POD)
    assert "rbac/bootstrap-roles" in str(late.value.why)
    assert late.value.fix == "look at its log"


def test_a_ready_server_is_believed() -> None:
    server = StartingServer(0)
    with pytest.raises(UnknownKind, match="knows no Gadget"):
        api(server).get({**POD, "kind": "Gadget"})


@pytest.mark.parametrize("wait", [api_ready, lambda one: nodes_ready(one, ["worker1"])])
def test_who_is_not_known_does_not_wait(wait: Callable[[KubernetesApi], None]) -> None:
    """Every request is answered with 401: no time makes that better."""

    class Stranger(StartingServer):
        def request(self, *_: object) -> Answer:
            self.asked += 1
            return self._said(401, b'{"message": "Unauthorized"}')

    server = Stranger(0)
    with pytest.raises(Refused) as refused:
        wait(KubernetesApi(cast("KubeClient", server), Polling(0.0, patience=300.0)))
    assert server.asked == 1
    assert "testbed up" in str(refused.value.fix)


def test_what_a_server_says_of_itself() -> None:
    found = read_readiness(500, STARTING)
    assert found.failing == ("poststarthook/rbac/bootstrap-roles failed: reason withheld",)
    assert is_starting(found) and is_starting(read_readiness(403, "{}"))
    assert found.takes_objects, "no administrator needs the controllers' roles"
    for status, text in ((500, STARTING + "[-]etcd failed: refused\n"), (403, "{}"), (500, "")):
        assert not read_readiness(status, text).takes_objects
    for status, text in ((200, "[+]ping ok\nreadyz check passed\n"), (401, "{}"), (404, "")):
        assert not is_starting(read_readiness(status, text))
