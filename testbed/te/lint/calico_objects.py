"""Reads Calico objects as a light lab accepts them, and checks their structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean
from testbed.object_fields.intent import FORM as INTENT_FORM
from testbed.object_fields.peer_address import peer_address
from testbed.object_fields.tables import KINDS as TABLES
from testbed.srpolicy.files.yaml_tree import Value

Network = IPv4Network | IPv6Network


def pool_network(text: str) -> Network:
    """The network of an IPPool, with its length: an API server takes none without. ValueError."""
    if "/" not in text:
        raise ValueError(f"{text!r} is not a network such as 172.16.0.0/16")
    return ip_network(text)


def _near_network(text: str) -> str:
    """The network that this address lies in, or any."""
    try:
        return str(ip_network(text, strict=False)) if "/" in text else "172.31.0.0/16"
    except ValueError:
        return "172.31.0.0/16"


@dataclass(frozen=True)
class Required:
    """A field of spec that must be there and parse, and a value that would."""

    field: str
    parse: Callable[[str], object]
    example: Callable[[str], str]


KINDS: dict[str, Required | None] = {
    "IPPool": Required("cidr", pool_network, _near_network),
    "BGPPeer": Required(
        "peerIP",
        peer_address,
        lambda _text: "the peer's address, such as fd00::1 or [fd00::1]:1179",
    ),
    "BGPConfiguration": None,
    "NetworkPolicy": None,
}
_BY_AGENTS = ("BlockAffinity", "IPAMBlock", "IPAMHandle", "IPAMConfig")


def check(document: Value, has_kubernetes: bool = True) -> None:
    """Raise TestbedError with file:line unless this is an object that the agents read."""
    kind = _get_text(document, "kind")
    if kind not in KINDS:
        raise TestbedError(
            f"`testbed apply` does not take kind {kind or '?'}",
            where=document.where,
            fix=_other_way(kind, has_kubernetes),
        )
    metadata, spec = document.get("metadata"), document.get("spec")
    given = metadata.get("name") if metadata is not None else None
    if given is None or given.content == "":
        raise TestbedError(
            f"{kind} without metadata.name", where=document.where, fix="metadata: {name: mine}"
        )
    if spec is None or not isinstance(spec.content, dict):
        hint = f"the fields of {kind} stand below spec:"
        raise TestbedError(f"{kind} without spec", where=document.where, fix=hint)
    required = KINDS[kind]
    if required is not None:
        _check_field(kind, spec, required)


def _other_way(kind: str, has_kubernetes: bool) -> str:
    """What to do with an object of another kind in this lab."""
    if kind == "SRPolicy":
        return "testbed policy apply -f FILE"
    if kind == "Intent":
        return f"testbed te apply -f FILE; with apiVersion: {INTENT_FORM}"
    if kind in _BY_AGENTS:
        return "leave it out: the agents claim blocks themselves"
    if kind.endswith("NetworkPolicy"):
        return "leave it out: of policies only NetworkPolicy is enforced"
    if kind == "Pod" and not has_kubernetes:
        return "testbed pod create NAME --node NODE"
    if kind == "ConfigMap":
        hint: str | None = "the name of a TE ConfigMap is srv6-config-NODE:"
    else:
        hint = did_you_mean(kind, (*KINDS, "ConfigMap", "List", *(f"{name}List" for name in KINDS)))
    taken = f"it takes {', '.join(KINDS)} and TE ConfigMaps (srv6-config-NODE)"
    if has_kubernetes:
        others = "objects of Kubernetes itself by `testbed kubectl apply -f FILE`"
    else:
        others = "for objects of Kubernetes itself, `testbed up --cluster kubernetes --recreate`"
    return f"{hint + ' ' if hint else ''}{taken}; {others}"


def _check_field(kind: str, spec: Value, required: Required) -> None:
    field, found = required.field, spec.get(required.field)
    if found is None or found.content is None:
        _refuse_without(kind, spec, required)
        return
    value = _get_text(spec, field)
    try:
        if not value:
            raise ValueError("it is no text" if found.content != "" else "it is empty")
        required.parse(value)
    except ValueError as error:
        raise TestbedError(
            f"{kind}: spec.{field} is not usable: {error}",
            where=found.where,
            fix=f"{field}: {required.example(value)}",
        ) from None


def _refuse_without(kind: str, spec: Value, required: Required) -> None:
    """The field is missing, or is there under a name that is misspelt."""
    strays = {key: line for key, line in spec.keys.items() if key not in TABLES[kind].by_name}
    for key, line in strays.items():
        if hint := did_you_mean(key, (required.field,)):
            where = f"{spec.source}:{line}"
            raise TestbedError(f"no field spec.{key[:60]}", where=where, fix=hint)
    raise TestbedError(
        f"{kind} without spec.{required.field}",
        where=spec.where,
        fix=f"{required.field}: {required.example('')}",
    )


def _get_text(value: Value, key: str) -> str:
    found = value.get(key)
    return found.content if found is not None and isinstance(found.content, str) else ""


def kind(document: Value) -> str:
    """The object's kind; empty if it has none."""
    return _get_text(document, "kind")


def name(document: Value) -> str:
    """metadata.name; empty if there is none."""
    metadata = document.get("metadata")
    return _get_text(metadata, "name") if metadata else ""


def text(document: Value, key: str) -> str:
    """The text of a field of spec; empty if there is none."""
    spec = document.get("spec")
    return _get_text(spec, key) if spec else ""


def asn(document: Value) -> int | None:
    """spec.asNumber, where that is a number."""
    return number(document, "asNumber")


def number(document: Value, key: str) -> int | None:
    """The number of a field of spec; None if there is none."""
    found = _get_field(document, key)
    return found.content if found and type(found.content) is int else None


def where(document: Value, key: str) -> str:
    """file:line of a field of spec, or of the object if it has none."""
    return (_get_field(document, key) or document).where


def _get_field(document: Value, key: str) -> Value | None:
    spec = document.get("spec")
    return spec.get(key) if spec else None
