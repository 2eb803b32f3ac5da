"""What is not well in a cluster, in words, right now."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.errors import TestbedError
from testbed.host.wait import wait_for
from testbed.kube.documents import KubeObject
from testbed.orchestrators.kubernetes.api import KubernetesApi, connect
from testbed.orchestrators.kubernetes.wait import PATIENCE, not_ready
from testbed.plan.model import Plan
from testbed.providers.members import present
from testbed.providers.registry import handle


def problems(plan: Plan) -> list[str]:
    """Nodes without an init, an API server that does not answer, what it says of nodes and DNS."""
    names = [node.name for node in present(plan)]
    said = [problem for name in names if (problem := handle(name).trouble())]
    try:
        return said + _of_the_api(connect(plan), names)
    except TestbedError as error:
        told = f"; {error.fix}" if error.fix else ""
        return [*said, f"{error.what} ({error.why}){told}"]


def well(plan: Plan) -> None:
    """Wait until nothing is left to say, CoreDNS included. Raises CheckFailed."""

    def probe() -> tuple[bool | None, str]:
        said = problems(plan)
        return (None if said else True), "; ".join(said)

    wait_for("Kubernetes to be well", probe, PATIENCE, 0.05, "testbed status")


def _of_the_api(api: KubernetesApi, names: Sequence[str]) -> list[str]:
    found = api.readiness()
    if not found.ready:
        return [f"the API server is not ready: {found.said}"]
    nodes = {n["metadata"]["name"]: n for n in api.items("/api/v1/nodes")}
    said = [f"node {name}: {why}" for name in names if (why := not_ready(nodes.get(name)))]
    return said + _deployments(api)


def _deployments(api: KubernetesApi) -> list[str]:
    """The system's own ones, CoreDNS."""
    found = api.items("/apis/apps/v1/namespaces/kube-system/deployments")
    return [line for deployment in found if (line := _deployment(deployment))]


def _deployment(deployment: KubeObject) -> str:
    wanted = deployment["spec"].get("replicas", 1)
    ready = deployment.get("status", {}).get("readyReplicas", 0)
    if ready >= wanted:
        return ""
    name = deployment["metadata"]["name"]
    return f"{name}: {ready} of {wanted} pods ready; testbed kubectl -n kube-system get pods"
