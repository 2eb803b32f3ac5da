"""Reads TE ConfigMaps: the local SIDs and policies of a head end, as YAML in a ConfigMap.

`srv6-config-<node>` holds key `srv6`; the older form is one `srv6-config` with a key per node.
Line numbers are those of the outer file, so that messages point at what the user edits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

from testbed.api_objects import TE_CONFIG, TE_NAMESPACE
from testbed.errors import TestbedError
from testbed.srpolicy.files import fields
from testbed.srpolicy.files.change import Lines
from testbed.srpolicy.files.yaml_tree import Value, from_plain, read_documents
from testbed.srpolicy.model import (
    BEHAVIOR_OF_FAMILY,
    Candidate,
    ProtocolOrigin,
    Segment,
    SegmentList,
)

NAMESPACE = TE_NAMESPACE
OLDER_NAME = TE_CONFIG
PREFIX = OLDER_NAME + "-"
KEY = "srv6"
_TRAFFIC = {"IPv4": 4, "IPv6": 6}


@dataclass(frozen=True)
class ConfiguredPolicy:
    """One policy of a ConfigMap with its lines."""

    candidate: Candidate
    lines: Lines


@dataclass(frozen=True)
class NodeConfig:
    """What the ConfigMap says for one head end; local SIDs that it does not pin are None."""

    node: str
    configmap: str
    source: str
    line: int
    dt4: IPv6Address | None = None
    dt6: IPv6Address | None = None
    dt4_line: int | None = None
    dt6_line: int | None = None
    policies: tuple[ConfiguredPolicy, ...] = ()

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """The policies alone, in file order."""
        return tuple(policy.candidate for policy in self.policies)


def load_configmaps(text: str, source: str) -> list[NodeConfig]:
    """Read a file of TE ConfigMaps, each node once. Raises TestbedError with file:line."""
    documents = read_documents(text, source)
    for document in documents:
        if not recognises(document):
            raise TestbedError(
                "this is no TE ConfigMap",
                where=document.where,
                why=f"wanted kind ConfigMap, named {OLDER_NAME} or {PREFIX}<node>",
            )
    return each_once(documents, source)


def each_once(documents: Iterable[Value], source: str) -> list[NodeConfig]:
    """The head ends of several TE ConfigMap documents. Raises TestbedError if one comes twice."""
    configs: dict[str, NodeConfig] = {}
    for document in documents:
        for config in read(document):
            if config.node in configs:
                raise TestbedError(
                    f"node {config.node} is configured twice",
                    where=f"{source}:{config.line}",
                    why=f"first on line {configs[config.node].line}",
                    fix="keep one of them",
                )
            configs[config.node] = config
    return list(configs.values())


# Any: an object of the API, of any shape; `from_plain` judges it
def from_object(data: dict[str, Any], source: str) -> list[NodeConfig]:
    """Read one ConfigMap that came as an object (API server, JSON); same errors."""
    return read(from_plain(data, source))


def recognises(document: Value) -> bool:
    """True if the document is a TE ConfigMap by kind and name."""
    return _kind_of(document) == "ConfigMap" and _is_te_name(_configmap_name(document))


def read(document: Value) -> list[NodeConfig]:
    """The head ends of one ConfigMap document. Raises TestbedError with file:line."""
    name = _configmap_name(document)
    namespace = (document.get("metadata") or document).get("namespace")
    if namespace is not None and namespace.content != NAMESPACE:
        raise TestbedError(
            f"ConfigMap {name} is in the wrong namespace",
            where=namespace.where,
            fix=f"use namespace: {NAMESPACE}",
        )
    data = document.get("data")
    if data is None:
        return [] if name == OLDER_NAME else [_empty_config(name, document)]
    if not isinstance(data.content, dict):
        raise TestbedError(f"data of ConfigMap {name} must be a mapping", where=data.where)
    if name == OLDER_NAME:
        return [_read_node(key, name, value, data.keys[key]) for key, value in data.content.items()]
    fields.mapping(data, f"data of ConfigMap {name}", (KEY,))
    inner = data.get(KEY)
    if inner is None:
        return [_empty_config(name, document)]
    return [_read_node(name[len(PREFIX) :], name, inner, inner.line)]


def _empty_config(name: str, document: Value) -> NodeConfig:
    return NodeConfig(name[len(PREFIX) :], name, document.source, document.line)


def _read_node(node: str, configmap: str, value: Value, line: int) -> NodeConfig:
    """One head end from the YAML text (or already parsed mapping) under its key."""
    if not node:
        raise TestbedError(f"ConfigMap {configmap} names no node", where=value.where)
    inner = _inner_document(value)
    if inner is None:
        return NodeConfig(node, configmap, value.source, line)
    fields.mapping(inner, f"the configuration of {node}", ("localsids", "node", "policies"))
    said = inner.get("node")
    if said is not None and said.content != node:
        raise TestbedError(
            f"ConfigMap {configmap} is for {node}, its text says {fields.shown(said.content)}",
            where=said.where,
            fix=f"use node: {node}",
        )
    dt4, dt6 = _local_sids(inner.get("localsids"))
    listed = inner.get("policies")
    policies = fields.sequence(listed, "policies") if listed is not None else []
    return NodeConfig(
        node=node,
        configmap=configmap,
        source=value.source,
        line=line,
        dt4=fields.address(dt4, "DT4") if dt4 else None,
        dt6=fields.address(dt6, "DT6") if dt6 else None,
        dt4_line=dt4.line if dt4 else None,
        dt6_line=dt6.line if dt6 else None,
        policies=tuple(_read_policy(item, node, i) for i, item in enumerate(policies, 1)),
    )


def _inner_document(value: Value) -> Value | None:
    """The document inside a ConfigMap's value; a block scalar's lines map one to one."""
    if value.content is None or isinstance(value.content, dict):
        return value if value.content else None
    text = fields.text(value, "a ConfigMap's value") if value.content != "" else ""
    if value.block:
        documents = read_documents(text, value.source, value.line + 1)
    else:
        documents = _at_line(text, value)
    if len(documents) > 1:
        raise TestbedError("a ConfigMap's value holds one document", where=documents[1].where)
    return documents[0] if documents else None


def _at_line(text: str, value: Value) -> list[Value]:
    """Quoted text: its inner lines mean nothing outside, so all of it gets the key's line."""
    try:
        documents = read_documents(text, value.source)
    except TestbedError as error:
        raise TestbedError(error.what, where=value.where, why=error.why) from None
    return [from_plain(document.plain, value.source, value.line) for document in documents]


def _local_sids(value: Value | None) -> tuple[Value | None, Value | None]:
    if value is None:
        return None, None
    fields.mapping(value, "localsids", ("DT4", "DT6"))
    return value.get("DT4"), value.get("DT6")


def _read_policy(value: Value, node: str, position: int) -> ConfiguredPolicy:
    """`position` in the file is the discriminator: of two equal ones the later wins (§2.9)."""
    fields.without_protect(value, "a TE ConfigMap")
    fields.mapping(value, "a policy", ("bsid", "node", "segment_list", "traffic"))
    family = _read_family(fields.required(value, "traffic", "the policy's traffic"))
    endpoint = fields.required(value, "node", "the policy's node (its endpoint)")
    bsid = value.get("bsid")
    items = fields.sequence(
        fields.required(value, "segment_list", "the policy's segment_list"), "segment_list"
    )
    candidate = Candidate(
        endpoint=fields.address(endpoint, "node (the policy's endpoint)"),
        segment_lists=(SegmentList(tuple(_read_segments(items, family))),),
        color=family,
        distinguisher=position,
        binding_sid=fields.address(bsid, "bsid") if bsid else None,
        protocol_origin=ProtocolOrigin.CONFIGURATION,
        head_ends=(node,),
    )
    segment_lines = tuple(item.line for item in items)
    lines = Lines(value.line, endpoint.line, bsid.line if bsid else None, (segment_lines,))
    return ConfiguredPolicy(candidate, lines)


def _read_segments(items: list[Value], family: int) -> Iterator[Segment]:
    for position, item in enumerate(items, 1):
        last = position == len(items)
        yield Segment(fields.address(item, "SID"), BEHAVIOR_OF_FAMILY[family] if last else None)


def _read_family(value: Value) -> int:
    family = _TRAFFIC.get(value.content) if isinstance(value.content, str) else None
    if family is None:
        raise TestbedError(
            "traffic must be IPv4 or IPv6",
            where=value.where,
            why=f"it is {fields.shown(value.content)}",
            fix=fields.did_you_mean(str(value.content), _TRAFFIC),
        )
    return family


def _kind_of(document: Value) -> str:
    kind = document.get("kind")
    return kind.content if kind and isinstance(kind.content, str) else ""


def _configmap_name(document: Value) -> str:
    name = (document.get("metadata") or document).get("name")
    return name.content if name and isinstance(name.content, str) else ""


def _is_te_name(name: str) -> bool:
    return name == OLDER_NAME or (name.startswith(PREFIX) and len(name) > len(PREFIX))
