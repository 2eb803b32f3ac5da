"""Reads documents as objects, tolerantly: what makes no sense becomes a sentence in `problems`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeVar

from testbed.agent.model import overlay_names, selector
from testbed.agent.model.network_policy import ApiPod, Namespace, NetworkPolicy, PolicyObjects
from testbed.agent.model.objects import (
    BGPConfiguration,
    BGPPeer,
    BlockAffinity,
    ConfigMap,
    IPPool,
    Node,
    ObjectRef,
    Objects,
    Report,
)
from testbed.agent.model.read_network_policy import (
    read_namespace,
    read_network_policy,
    read_pod,
)
from testbed.json_types import JsonObject, as_object, get_object, get_objects, get_texts
from testbed.object_fields.bgp import NODE_OR_SELECTOR
from testbed.object_fields.check import path_text, unknown_fields, unsupported
from testbed.object_fields.ippool import DEFAULT_BLOCK, MANUAL, WORKLOAD
from testbed.object_fields.others import NOT_ENFORCED
from testbed.object_fields.peer_address import peer_address
from testbed.object_fields.tables import KINDS

Model = (
    IPPool
    | Node
    | BGPPeer
    | BGPConfiguration
    | ConfigMap
    | BlockAffinity
    | NetworkPolicy
    | Namespace
    | ApiPod
)
M = TypeVar("M", bound=Model)


@dataclass
class _Found:
    objects: dict[tuple[str, str, str], Model] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    enforced: bool = False  # are NetworkPolicies?

    def report(self, origin: str, about: ObjectRef, what: str) -> None:
        """Something of an object is not done."""
        name = f"{about.namespace}/{about.name}" if about.namespace else about.name
        sentence = f"{about.kind} {name}"
        sentence = sentence if sentence == origin else f"{origin}: {sentence}"
        self.problems.append(f"{sentence}: {what}")
        self.reports.append(Report(about, self.problems[-1]))

    def of(self, kind: type[M]) -> tuple[M, ...]:
        """The objects of one type, by namespace and name."""
        return tuple(
            o for _, o in sorted(self.objects.items(), key=_sort_key) if isinstance(o, kind)
        )


def _sort_key(item: tuple[tuple[str, str, str], Model]) -> tuple[str, str, str]:
    return item[0]


def read(
    documents: Iterable[tuple[str, object]], problems: Iterable[str] = (), enforced: bool = False
) -> Objects:
    """Sort documents, each with the name of its origin, into types; never raises on content.

    Unless `enforced`, nobody drops packets because of a NetworkPolicy.
    """
    found = _Found(problems=list(problems), enforced=enforced)
    for origin, document in documents:
        for item in _unpack_list(document):
            _read_object(origin, item, found)
    bgp = found.of(BGPConfiguration)
    return Objects(
        pools=found.of(IPPool),
        nodes=found.of(Node),
        peers=found.of(BGPPeer),
        bgp=bgp[0] if bgp else BGPConfiguration(),
        config_maps=found.of(ConfigMap),
        affinities=found.of(BlockAffinity),
        problems=tuple(found.problems),
        reports=tuple(found.reports),
        isolation=PolicyObjects(found.of(NetworkPolicy), found.of(Namespace), found.of(ApiPod)),
    )


def _unpack_list(document: object) -> list[object]:
    """A List's items, or the object itself; empty documents vanish."""
    if document is None:
        return []
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(kind, str) or not kind.endswith("List"):
        return [document]
    items, inner = document.get("items"), kind.removesuffix("List")
    found = items if isinstance(items, list) else []
    return [{"kind": inner, **i} if inner and isinstance(i, dict) else i for i in found]


def _read_object(origin: str, item: object, found: _Found) -> None:
    try:
        data = as_object(item)
        kind, metadata = data["kind"], get_object(data, "metadata")
        name = _check_name(metadata["name"])
        namespace = str(metadata.get("namespace") or "")
        about = ObjectRef(str(kind), name, namespace, _read_uid(metadata))
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if kind == "NetworkPolicy" and not found.enforced:
            found.report(origin, about, NOT_ENFORCED)
            return
        if reader is None:
            return  # another kind of object is none of our business
        if kind == "BGPConfiguration" and name != "default":
            found.report(origin, about, "not read: only the one named default is")
            return
    except KeyError as error:
        found.problems.append(f"{origin}: field {error} is missing")
        return
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        found.problems.append(f"{origin}: {_describe_object(item)}: {error}")
        return
    try:
        refused = _check_fields(origin, about, data, found)
        if refused:
            return
        parsed = reader(namespace, name, _without_null(data))
    except KeyError as error:
        found.report(origin, about, f"not used: field {error} is missing")
        return
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        found.report(origin, about, f"not used: {error}")
        return
    key = (str(kind), namespace, name)
    if key in found.objects and found.objects[key] != parsed:
        found.problems.append(f"{origin}: {kind} {name} is there twice; this one is taken")
    found.objects[key] = parsed


def _check_fields(origin: str, about: ObjectRef, data: JsonObject, found: _Found) -> bool:
    """Report what the table of the kind does not have or do; True if the object is refused."""
    kind, spec = KINDS.get(about.kind), data.get("spec")
    if kind is None or not isinstance(spec, dict):
        return False
    for stray in unknown_fields(kind, spec):
        found.report(origin, about, f"no field {path_text(stray.path)}; {stray.hint}")
    lacking = unsupported(kind, spec)
    for one in lacking:
        found.report(origin, about, str(one))
    return any(one.refused for one in lacking)


def _without_null(data: JsonObject) -> JsonObject:
    """A field of the spec with null is one that is not there, as for an API server."""
    spec = data.get("spec")
    if not isinstance(spec, dict):
        return data
    return {**data, "spec": {name: value for name, value in spec.items() if value is not None}}


def _describe_object(item: object) -> str:
    if isinstance(item, dict) and isinstance(item.get("metadata"), dict):
        return f"{item.get('kind')} {item['metadata'].get('name')}"[:200]
    return "not a Kubernetes object"


def _check_name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"a name is expected, not {str(value)[:80]!r}")
    return value


def _read_uid(metadata: JsonObject) -> str:
    return str(metadata.get("uid") or "")


def _read_switch(spec: JsonObject, name: str, default: bool = False) -> bool:
    value = spec.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false, not {str(value)[:80]!r}")
    return value


def _check_number(value: object, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} {str(value)[:80]!r} is not a number from {low} to {high}")
    return value


def _check_asn(value: object) -> int | None:
    return None if value is None else _check_number(value, "asNumber", 1, 2**32 - 1)


def _read_pool(_namespace: str, name: str, item: JsonObject) -> IPPool:
    spec = get_object(item, "spec")
    cidr = ip_network(_check_name(spec["cidr"]))
    block = spec.get("blockSize", DEFAULT_BLOCK[cidr.version])
    block = _check_number(block, "blockSize", 0, cidr.max_prefixlen)
    pool = IPPool(
        name=name,
        cidr=cidr,
        block_size=max(block, cidr.prefixlen),
        selector=str(spec.get("nodeSelector", "all()")),
        nat_outgoing=_read_switch(spec, "natOutgoing"),
        disabled=_read_switch(spec, "disabled"),
        overlay=_read_overlay(spec),
        cross_subnet=overlay_names.CROSS_SUBNET in map(spec.get, overlay_names.POOL_MODES.values()),
        created=str(get_object(item, "metadata").get("creationTimestamp") or ""),
        namespaces=str(spec["namespaceSelector"]) if spec.get("namespaceSelector") else None,
        manual=_read_choice(spec, "assignmentMode", "Automatic", MANUAL) == MANUAL,
        workloads=_allows_workloads(spec),
        exported=not _read_switch(spec, "disableBGPExport"),
        uid=_read_uid(get_object(item, "metadata")),
    )
    selector.parse(pool.selector)
    selector.parse(pool.namespaces or "")
    if pool.for_pods and block < cidr.prefixlen:
        raise ValueError(f"blockSize {block} is larger than the pool {cidr}")
    return pool


def _read_choice(spec: JsonObject, name: str, *words: str) -> str:
    """One of these words; the first without any."""
    value = spec.get(name) or words[0]
    if not isinstance(value, str) or value not in words:
        raise ValueError(f"{name} {str(value)[:80]!r} is not {' or '.join(words)}")
    return value


def _allows_workloads(spec: JsonObject) -> bool:
    """Without a word about uses, pods are one."""
    uses = get_texts(spec, "allowedUses") if spec.get("allowedUses") else ()
    if strange := set(uses) - {WORKLOAD, "Tunnel", "LoadBalancer"}:
        raise ValueError(f"allowedUses {min(strange)[:80]!r} is not known")
    return not uses or WORKLOAD in uses


def _read_overlay(spec: JsonObject) -> str:
    asked = [
        overlay
        for overlay, key in overlay_names.POOL_MODES.items()
        if _read_choice(spec, key, "Never", overlay_names.ALWAYS, overlay_names.CROSS_SUBNET)
        != "Never"
    ]
    if len(asked) > 1:
        raise ValueError("ipipMode and vxlanMode cannot both be used")
    if spec.get(overlay_names.ENCAPSULATION):
        _read_choice(spec, overlay_names.ENCAPSULATION, overlay_names.WITHOUT)
        if asked:
            mode = overlay_names.POOL_MODES[asked[0]]
            raise ValueError(f"encapsulation None and {mode} cannot both be used")
        return overlay_names.ROUTED
    return asked[0] if asked else overlay_names.SRV6


def _read_node(_namespace: str, name: str, item: JsonObject) -> Node:
    v4: IPv4Address | None = None
    v6: IPv6Address | None = None
    status = as_object(item.get("status", {}))
    for entry in get_objects({"addresses": [], **status}, "addresses"):
        if entry["type"] != "InternalIP":
            continue
        address = ip_address(_check_name(entry["address"]))
        if isinstance(address, IPv4Address):
            v4 = v4 or address
        else:
            v6 = v6 or address
    metadata = get_object(item, "metadata")
    labels = as_object(metadata.get("labels") or {})
    pairs = tuple(sorted((str(k), str(v)) for k, v in labels.items()))
    return Node(name, v6, v4, pairs, _read_uid(metadata))


def _read_peer(_namespace: str, name: str, item: JsonObject) -> BGPPeer:
    spec = get_object(item, "spec")
    address, port = peer_address(_check_name(spec["peerIP"]))
    chosen = _check_name(spec["nodeSelector"]) if spec.get("nodeSelector") else None
    if chosen is not None:
        selector.parse(chosen)
        if spec.get("node"):
            raise ValueError(NODE_OR_SELECTOR)
    return BGPPeer(
        name=name,
        peer_ip=address,
        port=port,
        asn=_check_asn(spec.get("asNumber")),
        node=_check_name(spec["node"]) if spec.get("node") else None,
        selector=chosen,
    )


def _read_bgp(_namespace: str, _name: str, item: JsonObject) -> BGPConfiguration:
    spec = as_object(item.get("spec") or {})
    return BGPConfiguration(
        _check_asn(spec.get("asNumber")), _read_switch(spec, "nodeToNodeMeshEnabled", default=True)
    )


def _read_config_map(namespace: str, name: str, item: JsonObject) -> ConfigMap:
    texts: dict[str, str] = {}
    for key, value in as_object(item.get("data") or {}).items():
        if not isinstance(value, str):
            raise ValueError(f"data.{key} is not text")
        texts[key] = value
    uid = _read_uid(get_object(item, "metadata"))
    return ConfigMap(namespace, name, tuple(sorted(texts.items())), uid)


def _read_affinity(_namespace: str, _name: str, item: JsonObject) -> BlockAffinity:
    spec = get_object(item, "spec")
    metadata = get_object(item, "metadata")
    owners = get_objects(metadata, "ownerReferences") if metadata.get("ownerReferences") else []
    owner = next((_read_uid(o) for o in owners if o.get("kind") == "Node"), "")
    return BlockAffinity(_check_name(spec["node"]), ip_network(_check_name(spec["cidr"])), owner)


_READERS: dict[str, Callable[[str, str, JsonObject], Model]] = {
    "IPPool": _read_pool,
    "Node": _read_node,
    "BGPPeer": _read_peer,
    "BGPConfiguration": _read_bgp,
    "ConfigMap": _read_config_map,
    "BlockAffinity": _read_affinity,
    "NetworkPolicy": read_network_policy,
    "Namespace": read_namespace,
    "Pod": read_pod,
}
