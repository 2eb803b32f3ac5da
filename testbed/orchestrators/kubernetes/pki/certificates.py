"""Which certificates a node needs: only those of the programs that run on it."""

from __future__ import annotations

from testbed.orchestrators.kubernetes.pki import identities as who
from testbed.orchestrators.kubernetes.pki.authorities import CLUSTER, ETCD, FRONT_PROXY
from testbed.orchestrators.kubernetes.pki.x509 import CertificateRequest
from testbed.plan import kubernetes as network
from testbed.plan.model import Node, Plan
from testbed.render.kubernetes import is_control_plane

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ADMIN = CertificateRequest("admin", CLUSTER, "client", who.ADMIN, (who.ADMINS,))
BOOTSTRAP = CertificateRequest("bootstrap", CLUSTER, "client", who.BOOTSTRAP, (who.MASTERS,))
ENGINE = CertificateRequest("te-engine", CLUSTER, "client", who.ENGINE, (who.ENGINES,))


def certificates(plan: Plan, node: Node) -> list[CertificateRequest]:
    """The certificates that are files of their own: below pki/, as NAME.crt and NAME.key."""
    addresses = tuple(str(a) for a in network.node_addresses(plan, node))
    kubelet = CertificateRequest(
        "pki/kubelet",
        CLUSTER,
        "server",
        who.NODE_USER + node.name,
        (who.NODES,),
        (node.name, *addresses),
    )
    if not is_control_plane(node):
        return [kubelet]
    return [kubelet, *_control_plane(plan, node, addresses)]


def _control_plane(plan: Plan, node: Node, addresses: tuple[str, ...]) -> list[CertificateRequest]:
    kubernetes = ["kubernetes"]
    for part in ("default", "svc", network.DOMAIN):
        kubernetes.append(f"{kubernetes[-1]}.{part}")
    services = [str(r[1]) for r in network.service_ranges(plan)]
    api = (*kubernetes, node.name, *LOOPBACK, *services, *addresses)
    return [
        CertificateRequest("pki/apiserver", CLUSTER, "server", "kube-apiserver", (), api),
        CertificateRequest(
            "pki/apiserver-kubelet-client",
            CLUSTER,
            "client",
            who.KUBELET_CLIENT,
            (who.KUBELET_CLIENTS,),
        ),
        CertificateRequest("pki/front-proxy-client", FRONT_PROXY, "client", who.FRONT_PROXY),
        CertificateRequest("pki/etcd", ETCD, "peer", "etcd", (), LOOPBACK),
        CertificateRequest("pki/apiserver-etcd-client", ETCD, "client", "kube-apiserver"),
        # their health endpoints; left alone, each of them would first make an RSA key
        CertificateRequest(
            "pki/controller-manager", CLUSTER, "server", "controller-manager", (), LOOPBACK
        ),
        CertificateRequest("pki/scheduler", CLUSTER, "server", "scheduler", (), LOOPBACK),
    ]


def clients(node: Node) -> list[CertificateRequest]:
    """The client certificates that go into kubeconfigs: one NAME.conf each."""
    found = [
        CertificateRequest("kubelet", CLUSTER, "client", who.NODE_USER + node.name, (who.NODES,)),
        CertificateRequest("kube-proxy", CLUSTER, "client", who.PROXY),
        CertificateRequest("agent", CLUSTER, "client", who.AGENT_USER + node.name, (who.AGENTS,)),
    ]
    if is_control_plane(node):
        found += [
            CertificateRequest("controller-manager", CLUSTER, "client", who.CONTROLLER_MANAGER),
            CertificateRequest("scheduler", CLUSTER, "client", who.SCHEDULER),
        ]
    return found
