"""What the parts of a cluster wait for, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.kube.documents import KubeObject
from testbed.kube.errors import UNAUTHORIZED, Refused
from testbed.orchestrators.kubernetes.api import KubernetesApi
from testbed.orchestrators.kubernetes.readiness import Readiness
from testbed.providers.registry import handle
from testbed.render.kubernetes import CONTAINERD_SOCKET

Probe = Callable[[], tuple[bool | None, str]]
PATIENCE = 300.0  # seconds; a slow disk, one busy core or software emulation may need them


def containerd_answers(nodes: Iterable[str]) -> None:
    """Until containerd listens on every node. Raises CheckFailed."""
    waiting = [handle(node) for node in nodes]
    pace = max((node.pace for node in waiting), default=0.0)

    def probe() -> tuple[bool | None, str]:
        waiting[:] = [node for node in waiting if not node.listens(CONTAINERD_SOCKET)]
        return (None if waiting else True), f"not yet on {', '.join(n.name for n in waiting)}"

    wait_for(
        "containerd",
        probe,
        PATIENCE,
        pace,
        fix=lambda: f"testbed logs {waiting[0].name}.containerd",
    )


def api_ready(api: KubernetesApi) -> None:
    """Until /readyz of the API server says ok. Raises CheckFailed."""
    _wait_for_api(api, lambda found: found.ready)


def api_takes_objects(api: KubernetesApi) -> None:
    """Until an administrator's objects can be made; others may not be known yet.

    Raises CheckFailed.
    """
    _wait_for_api(api, lambda found: found.takes_objects)


def _wait_for_api(api: KubernetesApi, suffices: Callable[[Readiness], bool]) -> None:
    def probe() -> tuple[bool | None, str]:
        found = api.readiness()
        if found.status == UNAUTHORIZED:
            raise Refused(found.status, "the API server does not know who asks", why=found.said)
        return suffices(found) or None, found.said

    _wait_for("the API server", probe, api, api.client.fix)


def crds_established(api: KubernetesApi, names: Sequence[str]) -> None:
    """Until objects of these kinds can be made. Raises CheckFailed."""

    def probe() -> tuple[bool | None, str]:
        crds = api.list_cached("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
        ready = {c["metadata"]["name"] for c in crds if condition(c, "Established") == "True"}
        missing = sorted(set(names) - ready)
        return (None if missing else True), f"not yet: {', '.join(missing)}"

    _wait_for("the custom resource definitions", probe, api)


def nodes_ready(api: KubernetesApi, names: Sequence[str]) -> None:
    """Until these nodes are Ready. Raises CheckFailed."""

    waiting: list[str] = []

    def probe() -> tuple[bool | None, str]:
        seen = {n["metadata"]["name"]: n for n in api.list_cached("/api/v1/nodes")}
        waiting[:] = [f"{n}: {why}" for n in names if (why := not_ready(seen.get(n)))]
        return (None if waiting else True), "; ".join(waiting)

    _wait_for(
        "the nodes to be Ready",
        probe,
        api,
        lambda: _kubelet_log(waiting, names),
    )


def leases_renewed(api: KubernetesApi, names: Sequence[str], since: datetime) -> None:
    """Until each of these nodes' kubelets has renewed its lease after `since`.

    What the API server says of a node is older than that before. Raises CheckFailed.
    """

    waiting: list[str] = []

    def probe() -> tuple[bool | None, str]:
        leases = api.list_cached("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")
        waiting[:] = stale_leases(leases, names, since)
        return (None if waiting else True), "; ".join(waiting)

    _wait_for("the kubelets' leases", probe, api, lambda: _kubelet_log(waiting, names))


def _kubelet_log(waiting: Sequence[str], names: Sequence[str]) -> str:
    """Where to look: at one that is waited for, or any before the API server told which."""
    return f"testbed logs {waiting[0].partition(':')[0] if waiting else names[0]}.kubelet"


def _wait_for(
    what: str, probe: Probe, api: KubernetesApi, fix: str | Callable[[], str] | None = None
) -> None:
    """An API server that starts refuses, a busy one says 504: asked again, not given up.

    But who it does not know today, it does not know in five minutes: that is final.
    """

    def asked() -> tuple[bool | None, str]:
        try:
            return probe()
        except TestbedError as error:
            if isinstance(error, Refused) and error.status == UNAUTHORIZED:
                raise
            return None, f"{error.what}: {error.why}"

    wait_for(what, asked, api.polling.patience, api.polling.interval, fix)


def stale_leases(leases: Iterable[KubeObject], names: Sequence[str], since: datetime) -> list[str]:
    """In words, which of these nodes have not renewed their lease after `since`."""
    renewed = {lease["metadata"]["name"]: lease["spec"].get("renewTime", "") for lease in leases}
    return [
        f"{name}: last renewed {renewed.get(name) or 'never'}"
        for name in names
        if not renewed.get(name) or _parse_time(renewed[name]) <= since
    ]


def _parse_time(text: str) -> datetime:
    """Of a Kubernetes timestamp: RFC 3339, UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def not_ready(node: KubeObject | None) -> str:
    """Why a node is not Ready, in the kubelet's words; empty if it is."""
    if node is None:
        return "not registered"
    if condition(node, "Ready") == "True":
        return ""
    return next(
        (
            str(c.get("message"))
            for c in node.get("status", {}).get("conditions", [])
            if c["type"] == "Ready"
        ),
        "has not reported yet",
    )


def condition(document: KubeObject, kind: str) -> str | None:
    """The status of one of an object's conditions."""
    found = document.get("status", {}).get("conditions") or []
    return next((str(c["status"]) for c in found if c["type"] == kind), None)
