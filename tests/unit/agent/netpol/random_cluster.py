"""Small clusters by chance: few labels, addresses and ports, so that much of it meets."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.unit.agent.netpol.by_the_text import Cluster

Object = dict[str, Any]
SPACES, KEYS, VALUES = ("a", "b", "c"), ("app", "tier"), ("x", "y", "z")
PORTS, NAMES = (53, 80, 81, 443, 8080), ("http", "dns")
PROTOCOLS = ("TCP", "UDP", "SCTP")
NETWORKS = {
    4: ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/28", "10.0.0.8/29", "10.0.0.4/32", "192.0.2.0/24"),
    6: ("::/0", "fd00::/16", "fd00::/124", "fd00::8/125", "fd00::4/128", "2001:db8::/32"),
}
OUTSIDE = ("192.0.2.7", "10.9.9.9", "2001:db8::7", "fd00:9::9")


def cluster(random: Random) -> Cluster:
    spaces = [
        {"kind": "Namespace", "metadata": {"name": name, "labels": {
            "kubernetes.io/metadata.name": name, **labels(random)}}}
        for name in SPACES
    ]  # fmt: skip
    pods = [pod(random, number) for number in range(random.randint(2, 12))]
    policies = [policy(random, number) for number in range(random.randint(0, 5))]
    return Cluster(policies, pods, spaces)


def labels(random: Random) -> dict[str, str]:
    return {key: random.choice(VALUES) for key in KEYS if random.random() < 0.7}


def pod(random: Random, number: int) -> Object:
    ips = [f"10.0.0.{number}", f"fd00::{number:x}"]
    ports = [
        {
            "name": name,
            "protocol": random.choice(PROTOCOLS),
            "containerPort": random.choice(PORTS),
        }
        for name in NAMES
        if random.random() < 0.5
    ]
    found: Object = {
        "kind": "Pod",
        "metadata": {
            "name": f"p{number}",
            "namespace": random.choice(SPACES),
            "labels": labels(random),
            "uid": f"u{number}",
        },
        "spec": {"containers": [{"name": "c", "ports": ports}]},
        "status": {"podIPs": [{"ip": ip} for ip in ips if random.random() < 0.9]},
    }
    if random.random() < 0.1:
        found["status"]["phase"] = "Succeeded"
    elif random.random() < 0.1:
        found["spec"]["hostNetwork"] = True
    return found


def policy(random: Random, number: int) -> Object:
    spec: Object = {"podSelector": selector(random)}
    for way, peers in (("ingress", "from"), ("egress", "to")):
        if random.random() < 0.7:
            spec[way] = [rule(random, peers) for _ in range(random.randint(0, 3))]
    if random.random() < 0.6:
        spec["policyTypes"] = random.choice((["Ingress"], ["Egress"], ["Ingress", "Egress"]))
    where = random.choice(SPACES)
    return {
        "kind": "NetworkPolicy",
        "metadata": {"name": f"np{number}", "namespace": where},
        "spec": spec,
    }


def selector(random: Random) -> Object:
    found: Object = {}
    if random.random() < 0.3:
        found["matchLabels"] = {random.choice(KEYS): random.choice(VALUES)}
    if random.random() < 0.4:
        found["matchExpressions"] = [expression(random) for _ in range(random.randint(1, 2))]
    return found


def expression(random: Random) -> Object:
    operator = random.choice(("In", "NotIn", "Exists", "DoesNotExist"))
    found: Object = {"key": random.choice(KEYS), "operator": operator}
    if operator in ("In", "NotIn"):
        found["values"] = random.sample(VALUES, random.randint(1, 2))
    return found


def rule(random: Random, peers: str) -> Object:
    found: Object = {}
    if random.random() < 0.8:
        found[peers] = [peer(random) for _ in range(random.randint(1, 3))]
    if random.random() < 0.6:
        found["ports"] = [port(random) for _ in range(random.randint(1, 3))]
    return found


def peer(random: Random) -> Object:
    if random.random() < 0.4:
        return {"ipBlock": block(random)}
    found: Object = {}
    if random.random() < 0.6:
        found["podSelector"] = selector(random)
    if not found or random.random() < 0.5:
        found["namespaceSelector"] = selector(random)
    return found


def block(random: Random) -> Object:
    """Its exceptions lie inside it, as the API server demands."""
    networks = NETWORKS[random.choice((4, 6))]
    first = random.randrange(5)
    found: Object = {"cidr": networks[first]}
    if random.random() < 0.5:
        inner = [one for one in networks[first + 1 : 5] if first < 3 or one != networks[first]]
        found["except"] = random.sample(inner, min(len(inner), random.randint(1, 2)))
        found["except"] = [one for one in found["except"] if first < 3]
    return found


def port(random: Random) -> Object:
    found: Object = {}
    if random.random() < 0.7:
        found["protocol"] = random.choice(PROTOCOLS)
    if random.random() < 0.3:
        found["port"] = random.choice(NAMES)
    elif random.random() < 0.8:
        found["port"] = random.choice(PORTS)
        if random.random() < 0.4:
            found["endPort"] = found["port"] + random.choice((0, 1, 400))
    return found


def probe(random: Random, known: Cluster) -> tuple[str, str, str, int]:
    """Source, destination, protocol and port; at least one end is a pod, both of one family."""
    family = random.choice((4, 6))
    own = [
        one["ip"]
        for pod in known.pods
        for one in pod["status"]["podIPs"]
        if (":" in one["ip"]) == (family == 6) and known.pod_at(one["ip"]) is pod
    ]
    others = [one for one in OUTSIDE if (":" in one) == (family == 6)]
    ends = [random.choice(own or others), random.choice((*own, *others))]
    random.shuffle(ends)
    return ends[0], ends[1], random.choice(PROTOCOLS), random.choice((*PORTS, 54))
