"""The images of Calico-VPP, pinned. Nothing here asks a registry."""

from __future__ import annotations

CALICO = "v3.32.0"  # of Calico and of Calico-VPP, which are released together
OPERATOR = "v1.42.0"  # the operator that installs that Calico

AGENT = f"docker.io/calicovpp/agent:{CALICO}"
VPP = f"docker.io/calicovpp/vpp:{CALICO}"


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
