"""Calico-VPP in a running cluster: what is applied in which order, and is it there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from testbed.api_objects import TE_NAMESPACE
from testbed.errors import TestbedError
from testbed.kube.documents import KubeObject
from testbed.orchestrators.kubernetes.api import KubernetesApi, connect
from testbed.orchestrators.kubernetes.wait import crds_established
from testbed.plan.model import Plan
from testbed.render.calico_vpp import DAEMONSET, files
from testbed.render.calico_vpp_images import CRDS, OPERATOR_MANIFEST
from testbed.render.kubernetes import documents

_DAEMONSETS = f"/apis/apps/v1/namespaces/{TE_NAMESPACE}/daemonsets"


def apply(plan: Plan, api: KubernetesApi, manifests: Mapping[str, Path], uplink: str) -> None:
    """Everything, in the order of the rendered README. Raises TestbedError."""
    crds = documents(CRDS, manifests[CRDS].read_text())
    for document in crds:
        api.apply(document)
    crds_established(api, [str(crd["metadata"]["name"]) for crd in crds])
    for document in in_order(files(plan, uplink), manifests[OPERATOR_MANIFEST].read_text()):
        api.apply(document)


def in_order(rendered: Mapping[str, str], operator: str) -> Iterator[KubeObject]:
    """Pools, peers and SIDs before the operator, which would make pools of its own."""
    numbered = sorted(name for name in rendered if name[0].isdigit())
    for name in numbered:
        if name.startswith("2"):  # what the operator reads
            yield from documents(OPERATOR_MANIFEST, operator)
        yield from documents(name, rendered[name])


def problems(plan: Plan) -> list[str]:
    """What is missing of agent and VPP on the nodes, in words."""
    try:
        found = connect(plan).items(_DAEMONSETS)
    except TestbedError as error:
        return [f"{error.what} ({error.why})"]
    ours = [d for d in found if d["metadata"]["name"] == DAEMONSET]
    return not_ready(ours[0]) if ours else ["Calico-VPP is not applied"]


def not_ready(daemonset: KubeObject) -> list[str]:
    """Empty once agent and VPP are ready on every node."""
    status = daemonset.get("status", {})
    wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    seen = status.get("observedGeneration") == daemonset["metadata"].get("generation")
    if seen and wanted and ready >= wanted:
        return []
    where = f"testbed kubectl -n {TE_NAMESPACE} get pods"
    return [f"{DAEMONSET}: ready on {ready} of {wanted} nodes; {where}"]
