"""Renders kubeadm's configuration (API v1beta4) for the cluster of a plan.

A lab does not use kubeadm; these files are for a user's own machines.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from testbed.plan import kubernetes as network
from testbed.plan.model import Node, Plan
from testbed.render.environment import render
from testbed.render.kubernetes import CONTAINERD_SOCKET


@dataclass(frozen=True)
class Bootstrap:
    """Credentials with which nodes join one particular cluster."""

    token: str = field(repr=False)  # abcdef.0123456789abcdef
    ca_hash: str  # sha256:… of the public key of the cluster's authority


def files(plan: Plan, version: str, bootstrap: Bootstrap) -> dict[str, str]:
    """File name → text: NODE.yaml for each cluster node, README.md.

    `version` is that of Kubernetes, e.g. 1.37.2. Raises TestbedError for a plan that cannot carry
    Kubernetes.
    """
    first = network.control_plane(plan)
    workers = [node for node in plan.cluster if node is not first]
    return {
        "README.md": render(
            "kubeadm/README.md.j2", plan=plan, node=first, workers=workers, version=version
        ),
        f"{first.name}.yaml": init(plan, first, version, bootstrap),
        **{f"{node.name}.yaml": join(plan, node, bootstrap) for node in workers},
    }


def init(plan: Plan, node: Node, version: str, bootstrap: Bootstrap) -> str:
    """For `kubeadm init`: the cluster, its first node, and all kubelets and kube-proxies."""
    return render(
        "kubeadm/init.yaml.j2",
        **_template_values(plan, node, bootstrap),
        version=version,
        port=network.API_PORT,
        domain=network.DOMAIN,
        pods=network.pod_ranges(plan),
        services=network.service_ranges(plan),
    )


def join(plan: Plan, node: Node, bootstrap: Bootstrap) -> str:
    """JoinConfiguration of a worker."""
    return render("kubeadm/join.yaml.j2", **_template_values(plan, node, bootstrap))


def _template_values(plan: Plan, node: Node, bootstrap: Bootstrap) -> dict[str, object]:
    return {
        "plan": plan,
        "node": node,
        "bootstrap": bootstrap,
        "addresses": network.node_addresses(plan, node),
        "endpoint": network.api_url(plan).removeprefix("https://"),
        "cri_socket": f"unix://{CONTAINERD_SOCKET}",
    }
