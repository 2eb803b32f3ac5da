"""Names and objects of the Kubernetes-shaped API that the testbed and its agents share."""

from __future__ import annotations

from collections.abc import Iterable

HOSTNAME = "kubernetes.io/hostname"
NAMESPACE_NAME = "kubernetes.io/metadata.name"
TE_NAMESPACE = "calico-vpp-dataplane"  # of all TE ConfigMaps
TE_CONFIG = "srv6-config"  # of all nodes; with "-NODE" behind it, of one node
TE_SWITCH, TE_SWITCH_KEY = "testbed-config", "CALICOVPP_SRV6_TE"


def node_object(name: str, addresses: Iterable[object]) -> dict[str, object]:
    """The Node object by which a node without kubelet joins; `addresses` are its InternalIPs."""
    listed = [{"type": "InternalIP", "address": str(address)} for address in addresses]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {HOSTNAME: name}},
        "status": {"addresses": listed},
    }


def te_mode_object(mode: str) -> dict[str, object]:
    """The ConfigMap that switches every agent between the TE modes bgp and configmap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": TE_SWITCH, "namespace": TE_NAMESPACE},
        "data": {TE_SWITCH_KEY: mode},
    }
