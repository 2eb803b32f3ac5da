"""Renders the configuration files of the Kubernetes programs on a node.

Paths are as seen inside a node: /etc/kubernetes is the node's own directory.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from testbed.errors import TestbedError
from testbed.paths import NODES, TEMPLATES
from testbed.plan import kubernetes as network
from testbed.plan.model import Node, Plan
from testbed.render.environment import render

DIRECTORY = "/etc/kubernetes"
PKI = f"{DIRECTORY}/pki"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
VOLUME_PLUGINS = "/var/lib/kubelet/volume-plugins"  # the default lies in the host's /usr
PAUSE_IMAGE = "registry.k8s.io/pause:3.10.2"
COREDNS_IMAGE = "registry.k8s.io/coredns/coredns:v1.15.0"
CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"
ZONE_LABEL = "topology.kubernetes.io/zone"

ProxyMode = Literal["nftables", "iptables"]


def kubelet(plan: Plan, node: Node) -> str:
    """KubeletConfiguration of a node; the control plane registers with its NoSchedule taint."""
    return _render_yaml(
        "kubernetes/kubelet.yaml.j2",
        pki=PKI,
        directory=DIRECTORY,
        containerd_socket=CONTAINERD_SOCKET,
        volume_plugins=VOLUME_PLUGINS,
        domain=network.DOMAIN,
        patient=plan.slowness > 1,
        dns=network.dns_addresses(plan),
        control_plane_taint=CONTROL_PLANE_LABEL if is_control_plane(node) else None,
    )


def proxy_mode(kernel: str) -> ProxyMode:
    """kube-proxy's mode for a kernel release such as 6.1.0-56-amd64: nftables wants Linux 5.13."""
    found = re.match(r"(\d+)\.(\d+)", kernel)
    old = found is not None and (int(found[1]), int(found[2])) < (5, 13)
    return "iptables" if old else "nftables"


def kube_proxy(plan: Plan, node: Node, mode: ProxyMode = "nftables") -> str:
    """KubeProxyConfiguration of a node; iptables is for kernels without nftables' needs."""
    return _render_yaml(
        "kubernetes/kube-proxy.yaml.j2",
        node=node,
        mode=mode,
        directory=DIRECTORY,
        pods=network.pod_ranges(plan),
        pod_interfaces=plan.overlay_traits.pod_interfaces,
    )


def scheduler() -> str:
    """KubeSchedulerConfiguration: one scheduler, quick to try an unschedulable pod again."""
    return _render_yaml("kubernetes/scheduler.yaml.j2", directory=DIRECTORY)


def cni_conflist(node: Node) -> str:
    """The network list of /etc/cni/net.d: our plugin, then host ports."""
    text = render("kubernetes/cni.conflist.j2", socket=f"{NODES}/{node.name}/cni.sock")
    documents("kubernetes/cni.conflist.j2", text)
    return text


def resolv_conf() -> str:
    """resolv.conf of pods with dnsPolicy Default: none, as nothing outside the lab answers."""
    return render("kubernetes/resolv.conf.j2")


def is_control_plane(node: Node) -> bool:
    """True if this node runs the control plane."""
    return bool(node.cluster and node.cluster.control_plane)


def zone(plan: Plan, node: Node) -> str:
    """The node's failure zone: the router that it is attached to."""
    return plan.uplink(node.name).peer(node.name).node


# Any, here and below: a document may have any shape; each caller knows that of its template
def objects(template: str, **values: object) -> list[dict[str, Any]]:
    """The Kubernetes objects of one template under templates/kubernetes.

    Raises TestbedError if an edited template renders invalid YAML, or documents of another form.
    """
    name = f"kubernetes/{template}"
    found = documents(name, render(name, **values))
    for item in found:
        metadata = item.get("metadata") if isinstance(item, dict) else None
        if not isinstance(metadata, dict) or not {"apiVersion", "kind"} <= item.keys():
            raise TestbedError(
                "not a Kubernetes object",
                where=str(TEMPLATES / name),
                why=f"apiVersion, kind or metadata is missing in {str(item)[:80]!r}",
            )
    return found


def documents(template: str, text: str) -> list[Any]:
    """The YAML (or JSON) documents of a rendered template; raises TestbedError on errors."""
    try:
        return [d for d in YAML(typ="safe", pure=True).load_all(text) if d is not None]
    except YAMLError as error:
        raise TestbedError(
            "the rendered template is not valid YAML",
            where=str(TEMPLATES / template),
            why=" ".join(str(error).split())[:300],
            fix="correct the template; `testbed render` shows its output",
        ) from None


def _render_yaml(template: str, **values: object) -> str:
    text = render(template, **values)
    documents(template, text)
    return text
