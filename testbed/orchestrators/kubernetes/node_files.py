"""All files below a node's /etc/kubernetes: keys, kubeconfigs, configuration."""

from __future__ import annotations

from datetime import datetime

from testbed.kube.kubeconfig import kubeconfig_text
from testbed.orchestrators.kubernetes.pki import authorities, certificates, x509
from testbed.orchestrators.kubernetes.pki.authorities import Keys
from testbed.orchestrators.kubernetes.pki.x509 import CertificateRequest
from testbed.plan import kubernetes as network
from testbed.plan.model import Node, Plan
from testbed.render import kubernetes as render
from testbed.render.containerd import Version, configuration
from testbed.render.kubernetes import ProxyMode


def node_files(
    plan: Plan,
    node: Node,
    keys: Keys,
    now: datetime,
    *,
    containerd: Version,
    proxy_mode: ProxyMode = "nftables",
) -> dict[str, str]:
    """Path below /etc/kubernetes → text, with fresh leaf certificates.

    cni/10-testbed.conflist belongs into /etc/cni/net.d.
    """
    return {
        **_configuration(plan, node, containerd, proxy_mode),
        **_key_files(plan, node, keys, now),
        **{
            f"{request.file}.conf": _kubeconfig(plan, keys, request, now)
            for request in certificates.clients(node)
        },
    }


def trusted(node: Node, keys: Keys) -> dict[str, str]:
    """What a node believes others by: the authorities, the public key of tokens."""
    files = {"pki/ca.crt": keys.cluster.certificate}
    if render.is_control_plane(node):
        files |= {
            "pki/front-proxy-ca.crt": keys.front_proxy.certificate,
            "pki/etcd-ca.crt": keys.etcd.certificate,
            "pki/service-accounts.pub": x509.public_key(keys.service_accounts),
        }
    return files


def _configuration(
    plan: Plan, node: Node, containerd: Version, proxy_mode: ProxyMode
) -> dict[str, str]:
    files = {
        "kubelet.yaml": render.kubelet(plan, node),
        "kube-proxy.yaml": render.kube_proxy(plan, node, proxy_mode),
        "containerd.toml": configuration(containerd),
        "resolv.conf": render.resolv_conf(),
        "cni/10-testbed.conflist": render.cni_conflist(node),
    }
    if render.is_control_plane(node):
        files["scheduler.yaml"] = render.scheduler()
    return files


def _key_files(plan: Plan, node: Node, keys: Keys, now: datetime) -> dict[str, str]:
    files = trusted(node, keys)
    if render.is_control_plane(node):
        files["pki/service-accounts.key"] = keys.service_accounts
    for request in certificates.certificates(plan, node):
        pair = authorities.issue(keys, request, now)
        files[f"{request.file}.crt"] = pair.certificate
        files[f"{request.file}.key"] = pair.key
    return files


def _kubeconfig(plan: Plan, keys: Keys, request: CertificateRequest, now: datetime) -> str:
    pair = authorities.issue(keys, request, now)
    return kubeconfig_text(
        network.api_url(plan),
        keys.cluster.certificate,
        request.name,
        pair.certificate,
        pair.key,
    )
