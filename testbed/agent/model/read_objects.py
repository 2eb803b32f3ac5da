"""From documents to objects, tolerantly: what makes no sense becomes a sentence in `problems`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from testbed.agent.model import selector
from testbed.agent.model.objects import (
    BGPConfiguration,
    BGPPeer,
    BlockAffinity,
    ConfigMap,
    IPPool,
    Node,
    Objects,
)

_DEFAULT_BLOCK = {4: 26, 6: 122}  # Calico's


@dataclass
class _Found:
    objects: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(documents: Iterable[tuple[str, Any]], problems: Iterable[str] = ()) -> Objects:
    """Sort documents, each with the name of its origin, into types; never raises on content."""
    found = _Found(problems=list(problems))
    for origin, document in documents:
        for item in _flatten(document):
            _read_one(origin, item, found)
    of: Callable[[str], tuple[Any, ...]] = lambda kind: tuple(  # noqa: E731
        found.objects[key] for key in sorted(found.objects) if key[0] == kind
    )
    bgp = [b for key, b in found.objects.items() if key[0] == "BGPConfiguration"]
    return Objects(
        pools=of("IPPool"),
        nodes=of("Node"),
        peers=of("BGPPeer"),
        bgp=bgp[0] if bgp else BGPConfiguration(),
        config_maps=of("ConfigMap"),
        affinities=of("BlockAffinity"),
        problems=tuple(found.problems),
    )


def _flatten(document: Any) -> list[Any]:
    """A List's items, or the object itself; empty documents vanish."""
    if document is None:
        return []
    if isinstance(document, dict) and document.get("kind") == "List":
        items = document.get("items")
        return list(items) if isinstance(items, list) else []
    return [document]


def _read_one(origin: str, item: Any, found: _Found) -> None:
    try:
        kind, metadata = item["kind"], item["metadata"]
        name = _text(metadata["name"])
        namespace = str(metadata.get("namespace") or "")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            return  # another kind of object is none of our business
        if kind == "BGPConfiguration" and name != "default":
            return  # per-node overrides (node.NAME) carry nothing that we use
        parsed = reader(namespace, name, item)
    except KeyError as error:
        found.problems.append(f"{origin}: field {error} is missing")
        return
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        found.problems.append(f"{origin}: {_label(item)}: {error}")
        return
    key = (kind, namespace, name)
    if key in found.objects and found.objects[key] != parsed:
        found.problems.append(f"{origin}: {kind} {name} is there twice; this one is taken")
    found.objects[key] = parsed


def _label(item: Any) -> str:
    if isinstance(item, dict) and isinstance(item.get("metadata"), dict):
        return f"{item.get('kind')} {item['metadata'].get('name')}"[:200]
    return "not a Kubernetes object"


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"a name is expected, not {str(value)[:80]!r}")
    return value


def _uid(metadata: Mapping[str, Any]) -> str:
    return str(metadata.get("uid") or "")


def _switch(spec: Mapping[str, Any], name: str, default: bool = False) -> bool:
    value = spec.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false, not {str(value)[:80]!r}")
    return value


def _number(value: Any, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} {str(value)[:80]!r} is not a number from {low} to {high}")
    return value


def _asn(value: Any) -> int | None:
    return None if value is None else _number(value, "asNumber", 1, 2**32 - 1)


def _pool(_namespace: str, name: str, item: Mapping[str, Any]) -> IPPool:
    spec = item["spec"]
    cidr = ip_network(_text(spec["cidr"]))
    block = spec.get("blockSize", _DEFAULT_BLOCK[cidr.version])
    block = _number(block, "blockSize", 0, cidr.max_prefixlen)
    pool = IPPool(
        name=name,
        cidr=cidr,
        block_size=max(block, cidr.prefixlen),
        selector=str(spec.get("nodeSelector", "all()")),
        nat_outgoing=_switch(spec, "natOutgoing"),
        disabled=_switch(spec, "disabled"),
        overlay=_overlay(spec),
        created=str(item["metadata"].get("creationTimestamp") or ""),
    )
    selector.parse(pool.selector)
    if pool.for_pods and block < cidr.prefixlen:
        raise ValueError(f"blockSize {block} is larger than the pool {cidr}")
    return pool


def _overlay(spec: Mapping[str, Any]) -> str:
    """CrossSubnet is Always here: no two nodes of a lab share a subnet."""
    for key, overlay in (("ipipMode", "ipip"), ("vxlanMode", "vxlan")):
        mode = spec.get(key, "Never")
        if mode not in ("Never", "Always", "CrossSubnet"):
            raise ValueError(f"{key} {str(mode)[:80]!r} is not Never, Always or CrossSubnet")
        if mode != "Never":
            return overlay
    return "srv6"


def _node(_namespace: str, name: str, item: Mapping[str, Any]) -> Node:
    v4: IPv4Address | None = None
    v6: IPv6Address | None = None
    for entry in item.get("status", {}).get("addresses", []):
        if entry["type"] != "InternalIP":
            continue
        address = ip_address(_text(entry["address"]))
        if isinstance(address, IPv4Address):
            v4 = v4 or address
        else:
            v6 = v6 or address
    labels = item["metadata"].get("labels") or {}
    pairs = tuple(sorted((str(k), str(v)) for k, v in labels.items()))
    return Node(name, v6, v4, pairs, _uid(item["metadata"]))


def _peer(_namespace: str, name: str, item: Mapping[str, Any]) -> BGPPeer:
    spec = item["spec"]
    if spec.get("peerSelector"):
        raise ValueError("peerSelector is not supported: give peerIP")
    if spec.get("password"):
        raise ValueError("password is not supported")
    text, port = _text(spec["peerIP"]), 179
    if text.startswith("["):
        text, _, tail = text[1:].partition("]")
        port = int(tail[1:]) if tail else 179
    elif text.count(":") == 1:
        text, _, tail = text.partition(":")
        port = int(tail)
    chosen = spec.get("nodeSelector")
    if chosen is not None:
        selector.parse(_text(chosen))
    return BGPPeer(
        name=name,
        peer_ip=ip_address(text),
        port=_number(port, "port", 1, 65535),
        asn=_asn(spec.get("asNumber")),
        node=_text(spec["node"]) if spec.get("node") else None,
        selector=chosen,
    )


def _bgp(_namespace: str, _name: str, item: Mapping[str, Any]) -> BGPConfiguration:
    spec = item.get("spec") or {}
    return BGPConfiguration(
        _asn(spec.get("asNumber")), _switch(spec, "nodeToNodeMeshEnabled", default=True)
    )


def _config_map(namespace: str, name: str, item: Mapping[str, Any]) -> ConfigMap:
    data = item.get("data") or {}
    for key, value in data.items():
        if not isinstance(value, str):
            raise ValueError(f"data.{key} is not text")
    return ConfigMap(namespace, name, tuple(sorted(data.items())), _uid(item["metadata"]))


def _affinity(_namespace: str, _name: str, item: Mapping[str, Any]) -> BlockAffinity:
    spec = item["spec"]
    owners = item["metadata"].get("ownerReferences") or []
    owner = next((_uid(o) for o in owners if o.get("kind") == "Node"), "")
    return BlockAffinity(_text(spec["node"]), ip_network(_text(spec["cidr"])), owner)


_READERS: dict[str, Callable[[str, str, Mapping[str, Any]], Any]] = {
    "IPPool": _pool,
    "Node": _node,
    "BGPPeer": _peer,
    "BGPConfiguration": _bgp,
    "ConfigMap": _config_map,
    "BlockAffinity": _affinity,
}
