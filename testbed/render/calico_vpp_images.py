"""Pinned images and manifests of Calico-VPP; no registry is asked."""

from __future__ import annotations

CALICO = "v3.32.0"  # of Calico and of Calico-VPP, which are released together
OPERATOR = "v1.42.0"  # the operator that installs that Calico

AGENT = f"docker.io/calicovpp/agent:{CALICO}"
VPP = f"docker.io/calicovpp/vpp:{CALICO}"

# Calico's own manifests of that release, by SHA-256: its CRDs, and its operator.
MANIFESTS_BASE = f"https://raw.githubusercontent.com/projectcalico/calico/{CALICO}/manifests"
CRDS, OPERATOR_MANIFEST = "operator-crds.yaml", "tigera-operator.yaml"
MANIFESTS = {
    CRDS: "d9fe9189f1003ea80d93fb4776bfbadfffa42a470909cd2494a0003197cb1a9a",
    OPERATOR_MANIFEST: "e48fe027f8be3d9136a012a32450f1eabc4c5257c0b76083cd1ab32316637d47",
}


def images() -> list[str]:
    """All that nodes need for the overlay, the operator's choices for our Installation included.

    Without its API server, CSI driver and flex volumes, which the Installation leaves out.
    """
    calico = ("node", "cni", "typha", "kube-controllers")
    return [
        AGENT,
        VPP,
        f"quay.io/tigera/operator:{OPERATOR}",
        *(f"quay.io/calico/{name}:{CALICO}" for name in calico),
    ]
