"""All tables, and what the agents' kinds are called in the API."""

from __future__ import annotations

from testbed.object_fields.bgp import BGP_CONFIGURATION, BGP_PEER
from testbed.object_fields.block_affinity import BLOCK_AFFINITY
from testbed.object_fields.ippool import IPPOOL
from testbed.object_fields.model import Kind

CALICO = "crd.projectcalico.org/v1"
CALICO_V3 = "projectcalico.org/v3"  # as calicoctl and Calico's own API server write it
CORE, NETWORKING = "v1", "networking.k8s.io/v1"

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (IPPOOL, BGP_PEER, BGP_CONFIGURATION, BLOCK_AFFINITY)
}


def api_version(kind: str) -> str:
    """The apiVersion under which an object of a kind is kept."""
    if kind in KINDS:
        return CALICO
    return NETWORKING if kind == "NetworkPolicy" else CORE
