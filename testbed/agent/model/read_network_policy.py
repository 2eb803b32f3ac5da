"""Reads NetworkPolicies, Pods and Namespaces as values; raises ValueError or KeyError."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from testbed.agent.model.label_selector import read_selector
from testbed.agent.model.network_policy import (
    EGRESS,
    INGRESS,
    PROTOCOLS,
    TCP,
    ApiPod,
    IpBlock,
    NamedPort,
    Namespace,
    NetworkPolicy,
    PodPeer,
    Port,
    Rule,
)
from testbed.json_types import (
    JsonObject,
    as_object,
    get_number,
    get_object,
    get_objects,
    get_text,
    get_texts,
)

ENDED = ("Succeeded", "Failed")
_HIGHEST_PORT = 65535


def read_network_policy(namespace: str, name: str, item: JsonObject) -> NetworkPolicy:
    """A policy. Without policyTypes it is about what is received, and sent if it has egress."""
    spec = get_object(item, "spec")
    types = get_texts(spec, "policyTypes") if spec.get("policyTypes") else None
    if types is None:
        types = ("Ingress", "Egress") if spec.get(EGRESS) else ("Ingress",)
    if strange := set(types) - {"Ingress", "Egress"}:
        raise ValueError(f"policyTypes {min(strange)[:60]!r} is not known")
    return NetworkPolicy(
        namespace=namespace or "default",
        name=name,
        pods=read_selector(as_object(spec.get("podSelector") or {})),
        ingress=_read_rules(spec, INGRESS, "from") if "Ingress" in types else None,
        egress=_read_rules(spec, EGRESS, "to") if "Egress" in types else None,
    )


def _read_rules(spec: JsonObject, direction: str, peers: str) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            tuple(map(_read_peer, _listed(rule, peers))),
            tuple(map(_read_port, _listed(rule, "ports"))),
        )
        for rule in _listed(spec, direction)
    )


def _listed(data: JsonObject, key: str) -> list[JsonObject]:
    return get_objects(data, key) if data.get(key) else []


def _read_peer(data: JsonObject) -> IpBlock | PodPeer:
    selectors = [data.get(key) for key in ("podSelector", "namespaceSelector")]
    given = [None if one is None else read_selector(as_object(one)) for one in selectors]
    if data.get("ipBlock") is None:
        if given == [None, None]:
            raise ValueError("a peer says nothing")
        pods, namespaces = given
        return PodPeer(pods or read_selector({}), namespaces)
    if given != [None, None]:
        raise ValueError("a peer is either an ipBlock or selectors")
    return _read_block(get_object(data, "ipBlock"))


def _read_block(block: JsonObject) -> IpBlock:
    cidr = ip_network(get_text(block, "cidr"), strict=False)
    excepted = get_texts(block, "except") if block.get("except") else ()
    found = tuple(ip_network(text, strict=False) for text in excepted)
    for one in found:
        if one.version != cidr.version or not one.subnet_of(cidr):  # type: ignore[arg-type]
            raise ValueError(f"except {one} is not inside {cidr}")
    return IpBlock(cidr, found)


def _read_port(data: JsonObject) -> Port:
    protocol = str(data.get("protocol") or TCP)
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol {protocol[:60]!r} is not {', '.join(PROTOCOLS)}")
    port, end = data.get("port"), data.get("endPort")
    if port is None or isinstance(port, str):
        if end is not None:
            raise ValueError("endPort without a port that is a number")
        return Port(protocol, name=port or "")
    first = _read_number(data, "port")
    last = first if end is None else _read_number(data, "endPort")
    if last < first:
        raise ValueError(f"endPort {last} is lower than port {first}")
    return Port(protocol, first, last)


def _read_number(data: JsonObject, key: str) -> int:
    number = get_number(data, key)
    if not 1 <= number <= _HIGHEST_PORT:
        raise ValueError(f"{key} {number} is no port")
    return number


def read_pod(namespace: str, name: str, item: JsonObject) -> ApiPod:
    """A pod: labels, addresses, and the named ports of containers that keep running."""
    metadata, spec = get_object(item, "metadata"), as_object(item.get("spec") or {})
    status = as_object(item.get("status") or {})
    return ApiPod(
        namespace=namespace or "default",
        name=name,
        labels=_read_labels(metadata),
        addresses=tuple(ip_address(get_text(one, "ip")) for one in _listed(status, "podIPs")),
        ports=_read_named_ports(spec),
        host_network=spec.get("hostNetwork") is True,
        ended=status.get("phase") in ENDED,
        uid=str(metadata.get("uid") or ""),
    )


def _read_named_ports(spec: JsonObject) -> tuple[NamedPort, ...]:
    sidecars = [c for c in _listed(spec, "initContainers") if c.get("restartPolicy") == "Always"]
    return tuple(
        NamedPort(
            get_text(port, "name"),
            str(port.get("protocol") or TCP),
            get_number(port, "containerPort"),
        )
        for container in (*_listed(spec, "containers"), *sidecars)
        for port in _listed(container, "ports")
        if port.get("name")
    )


def read_namespace(_namespace: str, name: str, item: JsonObject) -> Namespace:
    """A namespace and its labels."""
    return Namespace(name, _read_labels(get_object(item, "metadata")))


def _read_labels(metadata: JsonObject) -> tuple[tuple[str, str], ...]:
    labels = as_object(metadata.get("labels") or {})
    return tuple(sorted((str(key), str(value)) for key, value in labels.items()))
