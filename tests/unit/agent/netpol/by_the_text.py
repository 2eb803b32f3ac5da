"""What the API's documentation says of NetworkPolicies, over plain objects, one probe at a time.

Nothing of the testbed is used here: this is what the testbed is held against.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

Object = dict[str, Any]


def labels_match(selector: Object, labels: dict[str, str]) -> bool:
    """ "The requirements are ANDed. An empty label selector matches all objects." """
    for key, value in (selector.get("matchLabels") or {}).items():
        if key not in labels or labels[key] != value:
            return False
    for expression in selector.get("matchExpressions") or []:
        key, operator = expression["key"], expression["operator"]
        if operator == "Exists" and key not in labels:
            return False
        if operator == "DoesNotExist" and key in labels:
            return False
        if operator == "In" and (key not in labels or labels[key] not in expression["values"]):
            return False
        if operator == "NotIn" and key in labels and labels[key] in expression["values"]:
            return False
    return True


class Cluster:
    """Policies, pods and namespaces as the API has them."""

    def __init__(self, policies: list[Object], pods: list[Object], spaces: list[Object]) -> None:
        self.policies, self.pods = policies, pods
        self.labels = {n["metadata"]["name"]: n["metadata"]["labels"] for n in spaces}

    def pod_at(self, address: str) -> Object | None:
        """The pod that has an address now."""
        for pod in self.pods:
            if pod["spec"].get("hostNetwork") or pod["status"].get("phase") == "Succeeded":
                continue
            if any(ip_address(one["ip"]) == ip_address(address) for one in addresses(pod)):
                return pod
        return None

    def allowed(self, way: str, source: str, target: str, protocol: str, port: int) -> bool:
        """May the pod at that end of the connection receive ("ingress") or send ("egress") it?"""
        pod = self.pod_at(target if way == "ingress" else source)
        other = source if way == "ingress" else target
        if pod is None:
            return True
        isolating = [p for p in self.policies if self.applies(p, pod) and way in types(p["spec"])]
        if not isolating:
            return True
        for policy in isolating:
            for rule in policy["spec"].get(way) or []:
                peers = rule.get("from" if way == "ingress" else "to") or []
                ports = rule.get("ports") or []
                if peers and not any(self.is_peer(policy, peer, other) for peer in peers):
                    continue
                if ports and not any(self.is_port(p, target, protocol, port) for p in ports):
                    continue
                return True
        return False

    def applies(self, policy: Object, pod: Object) -> bool:
        """ "podSelector selects the pods in this object's namespace." """
        same = policy["metadata"]["namespace"] == pod["metadata"]["namespace"]
        return same and labels_match(policy["spec"]["podSelector"], pod["metadata"]["labels"])

    def is_peer(self, policy: Object, peer: Object, address: str) -> bool:
        if "ipBlock" in peer:
            block, one = peer["ipBlock"], ip_address(address)
            inside = one in ip_network(block["cidr"])
            return inside and not any(one in ip_network(e) for e in block.get("except") or [])
        pod = self.pod_at(address)
        if pod is None:
            return False
        space = pod["metadata"]["namespace"]
        if "namespaceSelector" not in peer:
            if space != policy["metadata"]["namespace"]:
                return False
        elif not labels_match(peer["namespaceSelector"], self.labels[space]):
            return False
        return labels_match(peer.get("podSelector") or {}, pod["metadata"]["labels"])

    def is_port(self, given: Object, target: str, protocol: str, port: int) -> bool:
        if given.get("protocol", "TCP") != protocol:
            return False
        wanted = given.get("port")
        if wanted is None:
            return True
        if isinstance(wanted, str):
            pod = self.pod_at(target)
            return pod is not None and (wanted, protocol, port) in named_ports(pod)
        first: int = wanted
        last: int = given.get("endPort") or first
        return first <= port <= last


def types(spec: Object) -> list[str]:
    """ "If not specified, it will default based on the existence of ingress or egress rules." """
    given = spec.get("policyTypes")
    if given:
        return [one.lower() for one in given]
    return ["ingress", "egress"] if spec.get("egress") else ["ingress"]


def addresses(pod: Object) -> list[Object]:
    return list(pod["status"].get("podIPs") or [])


def named_ports(pod: Object) -> set[tuple[str, str, int]]:
    return {
        (port["name"], port.get("protocol", "TCP"), port["containerPort"])
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
    }
