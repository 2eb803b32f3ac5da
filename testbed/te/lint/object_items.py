"""Takes a file's objects one by one out of lists, as kubectl does, in the form that is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean
from testbed.object_fields.intent import INTENT
from testbed.object_fields.intent_object import object_spec
from testbed.object_fields.tables import CALICO, CALICO_V3, KINDS, api_version
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint.calico_objects import kind as kind_of
from testbed.te.lint.calico_objects import name as name_of
from testbed.te.lint.object_values import check_values

_LIST = "List"
_OF_LIST = ("apiVersion", "kind", "metadata", "items")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PARTS = ("apiVersion", "kind", "metadata", "spec", "data", "binaryData", "immutable", "status")
# What an API server writes into metadata: of another cluster or of before, so never sent back.
OF_SERVER = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
_METADATA = (
    *OF_SERVER,
    *("annotations", "finalizers", "generateName", "labels", "name", "namespace"),
    "ownerReferences",
)


def each_object(document: Value) -> Iterator[Value]:
    """The objects of a document: its own, or those of a List, IPPoolList and the like."""
    kind = kind_of(document)
    if not kind.endswith(_LIST):
        yield document
        return
    _check_list(document, kind)
    items = document.get("items")
    if items is not None and not isinstance(items.content, list):
        raise TestbedError(f"items of {kind} is not a list", where=items.where)
    inner = kind.removesuffix(_LIST)
    for item in items.content if items is not None else ():
        yield from each_object(_with_kind(item, inner, document) if inner else item)


def _check_list(document: Value, kind: str) -> None:
    """A list that is misspelt would be an empty one."""
    _refuse_unknown(document, _OF_LIST, kind)
    if "items" not in document.keys:
        raise TestbedError(f"{kind} without items", where=document.where, fix="items: []")
    version = document.get("apiVersion")
    if kind == _LIST and (version is None or version.content != "v1"):
        what = f"apiVersion {str(version.content)[:60]} is not that of {kind}" if version else ""
        raise TestbedError(
            what or f"{kind} without apiVersion",
            where=(version or document).where,
            fix="apiVersion: v1",
        )


def _with_kind(item: Value, kind: str, whole: Value) -> Value:
    """In a list of one kind, items need not repeat it."""
    if not isinstance(item.content, dict):
        return item
    given = {"kind": Value(kind, item.source, item.line)}
    version = whole.get("apiVersion")
    if version is not None:
        given["apiVersion"] = version
    return replace(item, content={**given, **item.content})


def check_envelope(item: Value) -> None:
    """Raise TestbedError with file:line for what surrounds a spec and is not as it must be."""
    if not isinstance(item.content, dict):
        raise TestbedError("not a Kubernetes object", where=item.where)
    kind = kind_of(item)
    _refuse_unknown(item, _PARTS, kind)
    metadata = item.get("metadata")
    if metadata is not None and isinstance(metadata.content, dict):
        _refuse_unknown(metadata, _METADATA, f"metadata of {kind}")
        _check_name(metadata)
    check_values(item, kind)
    wanted, found = api_version(kind), item.get("apiVersion")
    accepted = (CALICO, CALICO_V3) if kind in KINDS else (wanted,)
    if found is None:
        what = f"{kind} without apiVersion"
        raise TestbedError(what, where=item.where, fix=f"apiVersion: {wanted}")
    if found.content not in accepted:
        raise TestbedError(
            f"apiVersion {str(found.content)[:60]} is not one of {kind}",
            where=found.where,
            fix=f"apiVersion: {' or '.join(accepted)}",
        )


def refuse_twins(items: Iterable[Value]) -> None:
    """Raise TestbedError for an object that a later one of the file would replace."""
    first: dict[tuple[str, str, str], Value] = {}
    for item in items:
        kind, name = kind_of(item), name_of(item)
        namespace = item.plain["metadata"].get("namespace") or ""
        other = first.setdefault((kind, str(namespace), name), item)
        if other is not item:
            raise TestbedError(
                f"{kind} {name} is in the file twice",
                where=item.where,
                why=f"first at {other.where}; this one would replace it",
                fix="give one of them another name, or leave one out",
            )


def _check_name(metadata: Value) -> None:
    """As an API server would, which calls it an RFC 1123 subdomain."""
    name = metadata.get("name")
    if name is None or (len(str(name.content)) <= 253 and _NAME.fullmatch(str(name.content))):
        return
    raise TestbedError(
        f"{str(name.content)[:60]!r} is no name for an object",
        where=name.where,
        fix="take lower-case letters, digits, '-' and '.', at most 253 of them",
    )


def _refuse_unknown(value: Value, known: tuple[str, ...], what: str) -> None:
    for key, line in value.keys.items():
        if key not in known:
            raise TestbedError(
                f"{what} has no field {key[:60]}",
                where=f"{value.source}:{line}",
                fix=did_you_mean(key, known) or f"the fields are {', '.join(sorted(known))}",
            )


# Any: an object of the API, whose structure was checked
def as_kept(item: Value) -> dict[str, Any]:
    """The object as it is applied: under the apiVersion kept here, without a server's own notes.

    Nor with fields of a spec that are null, which ask for nothing: an API server refuses them.
    """
    plain = item.plain
    if isinstance(plain.get("spec"), dict):
        spec = {k: v for k, v in plain["spec"].items() if v is not None}
        plain = {**plain, "spec": object_spec(spec) if plain["kind"] == INTENT.name else spec}
    metadata = {k: v for k, v in plain["metadata"].items() if k not in OF_SERVER}
    rest = {k: v for k, v in plain.items() if k != "status"}
    return {**rest, "apiVersion": api_version(plain["kind"]), "metadata": metadata}
