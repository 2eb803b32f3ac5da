"""Reads Calico objects as a light lab accepts them, and checks their structure."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean
from testbed.srpolicy.files.yaml_tree import Value

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def peer_address(text: str) -> Address:
    """The address of a BGPPeer's peerIP: 192.0.2.1, 192.0.2.1:179, fd00::1 or [fd00::1]:179.

    Raises ValueError.
    """
    if text.startswith("["):
        text, _, _ = text[1:].partition("]")
    elif text.count(":") == 1:
        text, _, _ = text.partition(":")
    return ip_address(text)


def pool_network(text: str) -> Network:
    """The network of an IPPool, with its length: an API server takes none without. ValueError."""
    if "/" not in text:
        raise ValueError(f"{text!r} is not a network such as 172.16.0.0/16")
    return ip_network(text)


# kind → (field of spec that must be there and parse, its parser)
KINDS: dict[str, tuple[str | None, Callable[[str], object]]] = {
    "IPPool": ("cidr", pool_network),
    "BGPPeer": ("peerIP", peer_address),
    "BGPConfiguration": (None, str),
    "NetworkPolicy": (None, str),
}
_BY_AGENTS = ("BlockAffinity", "IPAMBlock", "IPAMHandle", "IPAMConfig")


def check(document: Value) -> None:
    """Raise TestbedError with file:line unless this is an object that the agents read."""
    kind = _get_text(document, "kind")
    if kind not in KINDS:
        raise TestbedError(
            f"`testbed apply` does not take kind {kind or '?'}",
            where=document.where,
            fix=_other_way(kind),
        )
    metadata, spec = document.get("metadata"), document.get("spec")
    if metadata is None or not _get_text(metadata, "name"):
        raise TestbedError(
            f"{kind} without metadata.name", where=document.where, fix="metadata: {name: mine}"
        )
    if spec is None or not isinstance(spec.content, dict):
        hint = f"the fields of {kind} stand below spec:"
        raise TestbedError(f"{kind} without spec", where=document.where, fix=hint)
    field, parse = KINDS[kind]
    if field is not None:
        _check_field(kind, spec, field, parse)


def _other_way(kind: str) -> str:
    """What to do with an object of another kind."""
    if kind == "SRPolicy":
        return "testbed policy apply -f FILE"
    if kind in _BY_AGENTS:
        return "leave it out: the agents claim blocks themselves"
    if kind.endswith("NetworkPolicy"):
        return "leave it out: policies of this kind are not enforced"
    hint = did_you_mean(kind, KINDS)
    taken = f"it takes {', '.join(KINDS)} and TE ConfigMaps (srv6-config-NODE)"
    others = "objects of Kubernetes itself by `testbed kubectl apply -f FILE`"
    return f"{hint + ' ' if hint else ''}{taken}; {others}"


def _check_field(kind: str, spec: Value, field: str, parse: Callable[[str], object]) -> None:
    value = _get_text(spec, field)
    try:
        parse(value)
    except ValueError as error:
        found = spec.get(field)
        raise TestbedError(
            f"{kind}: spec.{field} is not usable: {error}", where=(found or spec).where
        ) from None


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
