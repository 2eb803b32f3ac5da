"""All tables, and what kinds are called in the API."""

from __future__ import annotations

from testbed.object_fields.bgp import BGP_CONFIGURATION, BGP_PEER
from testbed.object_fields.block_affinity import BLOCK_AFFINITY
from testbed.object_fields.intent import INTENT
from testbed.object_fields.ippool import IPPOOL
from testbed.object_fields.model import Kind

CALICO = "crd.projectcalico.org/v1"
CALICO_V3 = "projectcalico.org/v3"  # as calicoctl and Calico's own API server write it
SRV6_GROUP, SRV6_VERSION = "srv6.testbed.invalid", "v1alpha1"  # of the testbed's own kinds
SRV6_API = f"{SRV6_GROUP}/{SRV6_VERSION}"
CORE, NETWORKING = "v1", "networking.k8s.io/v1"

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (IPPOOL, BGP_PEER, BGP_CONFIGURATION, BLOCK_AFFINITY)
}


def api_version(kind: str) -> str:
    """The apiVersion under which an object of a kind is kept."""
    if kind in KINDS:
        return CALICO
    if kind == INTENT.name:
        return SRV6_API
    return NETWORKING if kind == "NetworkPolicy" else CORE
