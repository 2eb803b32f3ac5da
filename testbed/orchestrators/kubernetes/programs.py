"""The command lines of a node's Kubernetes programs, and in which order they start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path

from testbed.host.supervisor import Program
from testbed.orchestrators.kubernetes.pki.identities import FRONT_PROXY
from testbed.plan import kubernetes as network
from testbed.plan.model import Node, Plan
from testbed.plan.traits import ClusterTiming
from testbed.render.kubernetes import (
    DIRECTORY,
    PKI,
    VOLUME_PLUGINS,
    ZONE_LABEL,
    is_control_plane,
    zone,
)

ETCD_URL, ETCD_PEER_URL = "https://127.0.0.1:2379", "https://127.0.0.1:2380"
# Nothing here talks to the world: a proxy in the caller's environment must not be asked.
ENVIRONMENT = {"NO_PROXY": "*", "no_proxy": "*"}

Binaries = Callable[[str], Path]


# Follower → leader. An API server whose etcd was away asks for it again less and less often, in
# the end every two minutes; started anew, it asks at once. A controller manager that lived through
# an absence of the API server goes by leases from before it, and declares every node dead before
# the kubelets' first words arrive; with leader election it would have ended by itself.
RESTARTS_WITH = {"kube-apiserver": "etcd", "kube-controller-manager": "kube-apiserver"}
BEARS = 10.0  # seconds of absence that a follower bears

# When the clock is set back, a controller manager sees no lease that is newer than the last one; a
# kubelet keeps tokens that are not valid yet, and waits before it starts containers that ended in
# what is now the future.
MIND_CLOCK = ("kube-controller-manager", "kubelet")


class Phase(Enum):
    """When a program is started; earlier would cost it a back-off of seconds."""

    AT_ONCE = "at once"
    CONTAINERD_ANSWERS = "containerd answers on this node"
    API_READY = "the API server's /readyz says ok"


def with_certificates(node: Node) -> list[str]:
    """The programs that read certificates when they start, and not again."""
    names = ["kubelet", "kube-proxy"]
    if is_control_plane(node):
        names += ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]
    return names


def programs(plan: Plan, node: Node, binaries: Binaries) -> dict[Phase, list[Program]]:
    """The Kubernetes programs of one node by phase; `binaries` finds an executable by name."""
    commands: dict[Phase, dict[str, list[str]]] = {
        Phase.AT_ONCE: {"containerd": _containerd_flags()},
        Phase.CONTAINERD_ANSWERS: {"kubelet": _kubelet_flags(plan, node)},
        Phase.API_READY: {"kube-proxy": _kube_proxy()},
    }
    if is_control_plane(node):
        commands[Phase.AT_ONCE] |= {
            "etcd": _etcd_flags(plan, node),
            "kube-apiserver": _kube_apiserver(plan, node),
        }
        commands[Phase.API_READY] |= {
            "kube-controller-manager": _controller_manager(plan),
            "kube-scheduler": _scheduler_flags(),
        }
    return {
        phase: [
            Program(
                name,
                node.name,
                (str(binaries(name)), *flags),
                ENVIRONMENT,
                restarts_with=RESTARTS_WITH.get(name, ""),
                bears=BEARS if name in RESTARTS_WITH else 0.0,
                followed_by=next((f for f, leader in RESTARTS_WITH.items() if leader == name), ""),
                minds_clock=name in MIND_CLOCK,
            )
            for name, flags in chosen.items()
        ]
        for phase, chosen in commands.items()
    }


def _format_flags(values: Mapping[str, object]) -> list[str]:
    """--name=value; True and False as Go wants them, several values by comma."""
    return [f"--{name}={_format_value(value)}" for name, value in values.items()]


def _format_value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _key_pair_flags(prefix: str, name: str) -> dict[str, object]:
    """tls-cert-file and tls-private-key-file, or what a program calls them, of one key pair."""
    cert, key = {
        "tls": ("tls-cert-file", "tls-private-key-file"),
        "etcd": ("etcd-certfile", "etcd-keyfile"),
        "kubelet": ("kubelet-client-certificate", "kubelet-client-key"),
        "proxy": ("proxy-client-cert-file", "proxy-client-key-file"),
        "client": ("cert-file", "key-file"),
        "peer": ("peer-cert-file", "peer-key-file"),
    }[prefix]
    return {cert: f"{PKI}/{name}.crt", key: f"{PKI}/{name}.key"}


def _etcd_flags(plan: Plan, node: Node) -> list[str]:
    """On the node's loopback only, for clients of its own authority; a lab needs no fsync."""
    return _format_flags(
        {
            "name": node.name,
            "data-dir": "/var/lib/etcd",
            "unsafe-no-fsync": True,
            "log-level": "warn",
            # a disk in software emulation fails etcd's own check (milliseconds)
            **_etcd_timing(plan.provider_traits.timing),
            "listen-client-urls": ETCD_URL,
            "advertise-client-urls": ETCD_URL,
            "client-cert-auth": True,
            "trusted-ca-file": f"{PKI}/etcd-ca.crt",
            **_key_pair_flags("client", "etcd"),
            "listen-peer-urls": ETCD_PEER_URL,
            "initial-advertise-peer-urls": ETCD_PEER_URL,
            "initial-cluster": f"{node.name}={ETCD_PEER_URL}",
            "peer-client-cert-auth": True,
            "peer-trusted-ca-file": f"{PKI}/etcd-ca.crt",
            **_key_pair_flags("peer", "etcd"),
        }
    )


def _etcd_timing(timing: ClusterTiming) -> dict[str, object]:
    wanted = {
        "heartbeat-interval": timing.etcd_heartbeat_ms,
        "election-timeout": timing.etcd_election_ms,
    }
    return {flag: value for flag, value in wanted.items() if value is not None}


def _kube_apiserver(plan: Plan, node: Node) -> list[str]:
    return _format_flags(
        {
            "advertise-address": network.node_addresses(plan, node)[0],
            "bind-address": "::",
            "secure-port": network.API_PORT,
            "service-cluster-ip-range": network.service_ranges(plan),
            "allow-privileged": True,
            "anonymous-auth": False,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "profiling": False,
            "client-ca-file": f"{PKI}/ca.crt",
            "tls-min-version": "VersionTLS12",
            **_key_pair_flags("tls", "apiserver"),
            "etcd-servers": ETCD_URL,
            "etcd-cafile": f"{PKI}/etcd-ca.crt",
            **_key_pair_flags("etcd", "apiserver-etcd-client"),
            "kubelet-certificate-authority": f"{PKI}/ca.crt",
            "kubelet-preferred-address-types": "InternalIP",
            **_key_pair_flags("kubelet", "apiserver-kubelet-client"),
            "service-account-issuer": f"https://kubernetes.default.svc.{network.DOMAIN}",
            "service-account-key-file": f"{PKI}/service-accounts.pub",
            "service-account-signing-key-file": f"{PKI}/service-accounts.key",
            "requestheader-client-ca-file": f"{PKI}/front-proxy-ca.crt",
            "requestheader-allowed-names": FRONT_PROXY,
            "requestheader-username-headers": "X-Remote-User",
            "requestheader-group-headers": "X-Remote-Group",
            "requestheader-extra-headers-prefix": "X-Remote-Extra-",
            **_key_pair_flags("proxy", "front-proxy-client"),
        }
    )


def _controller_manager(plan: Plan) -> list[str]:
    """One service account per controller: its own role cannot even remove a taint."""
    return _format_flags(
        {
            "kubeconfig": f"{DIRECTORY}/controller-manager.conf",
            "kube-api-qps": 100,
            "kube-api-burst": 200,
            "bind-address": "127.0.0.1",
            "profiling": False,
            **_key_pair_flags("tls", "controller-manager"),
            "leader-elect": False,
            "use-service-account-credentials": True,
            "service-account-private-key-file": f"{PKI}/service-accounts.key",
            "root-ca-file": f"{PKI}/ca.crt",
            "allocate-node-cidrs": False,
            "node-monitor-period": plan.provider_traits.timing.node_monitor_period,
            "node-monitor-grace-period": plan.provider_traits.timing.node_monitor_grace_period,
            "flex-volume-plugin-dir": VOLUME_PLUGINS,
        }
    )


def _scheduler_flags() -> list[str]:
    return _format_flags(
        {
            "config": f"{DIRECTORY}/scheduler.yaml",
            "bind-address": "127.0.0.1",
            **_key_pair_flags("tls", "scheduler"),
        }
    )


def _containerd_flags() -> list[str]:
    return ["--config", f"{DIRECTORY}/containerd.toml"]


def _kubelet_flags(plan: Plan, node: Node) -> list[str]:
    return _format_flags(
        {
            "config": f"{DIRECTORY}/kubelet.yaml",
            "kubeconfig": f"{DIRECTORY}/kubelet.conf",
            "hostname-override": node.name,
            "node-ip": network.node_addresses(plan, node),
            "node-labels": f"{ZONE_LABEL}={zone(plan, node)}",
        }
    )


def _kube_proxy() -> list[str]:
    return _format_flags({"config": f"{DIRECTORY}/kube-proxy.yaml"})
