"""The two agents of agent_lab with a real Kubernetes API as their source; no kubelets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from testbed.orchestrators.kubernetes import base_objects
from testbed.orchestrators.kubernetes.api import KubernetesApi
from testbed.orchestrators.kubernetes.pki import identities
from testbed.orchestrators.kubernetes.wait import crds_established
from tests.documents import Document
from tests.integration.agent_lab import WAYPOINT, Lab
from tests.integration.kube_control_plane import ControlPlane

CALICO = "crd.projectcalico.org/v1"
STATUS = "srv6.testbed.invalid/v1alpha1"
NAMESPACE = "calico-vpp-dataplane"
POOLS: dict[str, dict[str, object]] = {
    "v4": {"cidr": "172.16.0.0/16", "natOutgoing": True},
    "v6": {"cidr": "fdfb:af47:32af::/48"},
    "sr-policies-pool": {"cidr": "cafe::/118", "nodeSelector": "!all()"},
    "sr-localsids-pool-w1": {"cidr": "fcdd:0:0:1::/64"},
    "sr-localsids-pool-w2": {"cidr": "fcdd:0:0:2::/64"},
}


@dataclass
class KubernetesLab(Lab):
    """The control plane runs on the router."""

    def __post_init__(self) -> None:
        self.control = ControlPlane(self.directory / "control", self.ns("r"), WAYPOINT)

    def down(self) -> None:
        super().down()
        self.control.down()

    @property
    def kube(self) -> KubernetesApi:
        return self.control.api

    def config(self, number: int) -> Document:
        if number == 1:  # the router is there, and nothing else yet
            self._fill(self.control.up())
        name = f"w{number}"
        text = self.control.kubeconfig(name, identities.AGENT_USER + name, identities.AGENTS)
        conf = self.directory / name / "agent.conf"
        conf.write_text(text)
        source = {"kind": "kubernetes", "kubeconfig": str(conf)}
        return {**super().config(number), "source": source}

    def _fill(self, api: KubernetesApi) -> None:
        definitions = base_objects.definitions([])
        for document in definitions:
            api.apply(document)
        names = [d["metadata"]["name"] for d in definitions if "CustomResource" in d["kind"]]
        crds_established(api, names)
        for name, spec in POOLS.items():
            api.apply(calico("IPPool", name, spec))
        for number in (1, 2):
            self.join(number)

    def namespace(self, name: str) -> None:
        self._namespace(name)

    def join(self, number: int) -> None:
        """What a kubelet does."""
        addresses = (f"fd{number}::2", f"192.168.{number}.2")
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"w{number}"}}
        self.kube.apply(node)
        entries = [{"type": "InternalIP", "address": a} for a in addresses]
        self.kube.client.request(
            "PATCH",
            f"/api/v1/nodes/w{number}/status",
            {"status": {"addresses": entries}},
            "application/strategic-merge-patch+json",
        )

    def config_map(self, name: str, **data: str) -> None:
        metadata = {"name": name, "namespace": NAMESPACE}
        self.kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata,
                         "data": data})  # fmt: skip

    def delete(self, version: str, kind: str, name: str, namespace: str = NAMESPACE) -> bool:
        metadata = {"name": name, "namespace": namespace}
        return self.kube.delete({"apiVersion": version, "kind": kind, "metadata": metadata})

    def shown(self, name: str) -> Document:
        """The status that kubectl users see of a node, and an empty one before there is any."""
        found = self.kube.get(
            {"apiVersion": STATUS, "kind": "SRv6NodeStatus", "metadata": {"name": name}}
        )
        return dict((found or {}).get("status") or {})


def calico(kind: str, name: str, spec: Mapping[str, object]) -> Document:
    return {"apiVersion": CALICO, "kind": kind, "metadata": {"name": name}, "spec": spec}
