"""The Kubernetes objects of scenarios: web servers that say who they are, and their Services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from testbed.api_objects import HOSTNAME
from testbed.observe.probe import FIRST_PORT

# Any: objects nest freely; the API server judges them by their schemas
Object = dict[str, Any]

NAMESPACE = "default"
IMAGE = "docker.io/library/busybox:latest"
WEB_PORT, PORT = 8080, 80  # of a server, and of its Service
# A Service also takes the probes of a proof of path, so that its packets can be followed.
PROBE_PORTS = range(FIRST_PORT, FIRST_PORT + 8)
PATH = "/cgi-bin/who"
# Seconds that a server goes on when it is told to end: every kube-proxy has heard by then.
DRAIN = 5

# httpd as a child: as PID 1 it would not hear SIGTERM.
_SERVER = f"""\
mkdir -p /www/cgi-bin
cat > /www{PATH} <<'SCRIPT'
#!/bin/sh
printf 'Content-Type: application/json\\n\\n'
printf '{{"pod": "%s", "client": "%s", "version": "%s"}}' "$HOSTNAME" "$REMOTE_ADDR" "$VERSION"
SCRIPT
chmod +x /www{PATH}
trap 'exit 0' TERM
httpd -f -p '[::]:{WEB_PORT}' -h /www & wait
"""


@dataclass(frozen=True)
class Deployment:
    """Web servers of one name: `node` where all of them run, or None for the workers.

    `patience`: the lab's factor for how long things take.
    """

    name: str
    replicas: int = 1
    node: str | None = None
    version: str = "1"
    patience: int = 1

    @property
    def drain(self) -> int:
        """Seconds between a server being told to end and its doing so."""
        return DRAIN * self.patience


@dataclass(frozen=True)
class Service:
    """A Service as the API server filled it in; a headless one has no addresses."""

    name: str
    addresses: Mapping[int, IPv4Address | IPv6Address]  # by family
    node_port: int | None

    @property
    def dns_name(self) -> str:
        """Its full name."""
        return f"{self.name}.{NAMESPACE}.svc.cluster.local"


def deployment(wanted: Deployment) -> Object:
    """The Deployment: ready when its servers answer, rolled without a server missing."""
    labels = {"app": wanted.name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": wanted.name, "namespace": NAMESPACE, "labels": labels},
        "spec": {
            "replicas": wanted.replicas,
            "selector": {"matchLabels": labels},
            "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec(wanted)},
        },
    }


def _pod_spec(wanted: Deployment) -> Object:
    spec: Object = {
        "terminationGracePeriodSeconds": wanted.drain + 10,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [_web_container(wanted)],
    }
    if wanted.node is None:
        return {**spec, "topologySpreadConstraints": [_spread_constraint(wanted)]}
    tolerations = [{"operator": "Exists", "effect": "NoSchedule"}]
    return {**spec, "nodeSelector": {HOSTNAME: wanted.node}, "tolerations": tolerations}


def _web_container(wanted: Deployment) -> Object:
    probe = {"httpGet": {"path": PATH, "port": WEB_PORT}, "periodSeconds": 1}
    return {
        "name": "web",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", _SERVER],
        "ports": [{"name": "http", "containerPort": WEB_PORT}],
        "env": [{"name": "VERSION", "value": wanted.version}],
        "readinessProbe": {**probe, "timeoutSeconds": wanted.patience},
        "lifecycle": {"preStop": {"sleep": {"seconds": wanted.drain}}},
    }


def _spread_constraint(wanted: Deployment) -> Object:
    """Evenly over the nodes that take pods; a drained one is none of them."""
    return {
        "maxSkew": 1,
        "topologyKey": HOSTNAME,
        "whenUnsatisfiable": "DoNotSchedule",
        "nodeTaintsPolicy": "Honor",
        "labelSelector": {"matchLabels": {"app": wanted.name}},
    }


def service(name: str, app: str, kind: str, families: Iterable[int]) -> Object:
    """A Service of kind ClusterIP, NodePort or headless, in all of the lab's families."""
    families = list(families)
    policy = "RequireDualStack" if len(families) > 1 else "SingleStack"
    ports: list[Object] = [{"name": "http", "port": PORT, "targetPort": WEB_PORT}]
    ports += [{"name": f"probe-{p}", "port": p, "protocol": "UDP"} for p in PROBE_PORTS]
    spec: Object = {
        "selector": {"app": app},
        "ipFamilyPolicy": policy,
        "ipFamilies": [f"IPv{family}" for family in families],
        "ports": ports,
    }
    spec |= {"clusterIP": "None"} if kind == "headless" else {"type": kind}
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def network_policy(
    name: str, pods: Object, types: Iterable[str], rules: Mapping[str, object]
) -> Object:
    """A NetworkPolicy; `rules` has its ingress and egress."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"podSelector": pods, "policyTypes": list(types), **rules},
    }


def rolled_out(document: Object) -> tuple[bool, str]:
    """Is a Deployment's last version everywhere, and nothing else? And in words."""
    wanted = document["spec"]["replicas"]
    status = document.get("status", {})
    seen = status.get("observedGeneration", 0) >= document["metadata"]["generation"]
    counts = {
        name: status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")
    }
    words = ", ".join(f"{name} {count}" for name, count in counts.items())
    done = seen and set(counts.values()) == {wanted} and not status.get("terminatingReplicas")
    return done, f"{words} of {wanted}" + ("" if seen else "; not looked at yet")
