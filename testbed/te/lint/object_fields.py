"""Holds an object's spec against the table of its kind: fields, values, and what has no effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from testbed.object_fields import check as fields
from testbed.object_fields.model import Kind
from testbed.object_fields.others import NOT_ENFORCED
from testbed.object_fields.tables import KINDS
from testbed.srpolicy.files import schema
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint import calico_objects
from testbed.te.lint.findings import Finding


def check(document: Value, enforced: bool) -> Iterator[Finding]:
    """Findings on the fields of one object; `enforced`: NetworkPolicies are."""
    name, spec = calico_objects.kind(document), document.get("spec")
    if name == "NetworkPolicy" and not enforced:
        what = f"NetworkPolicy {calico_objects.name(document)} {NOT_ENFORCED}"
        yield Finding("warning", document.where, what)
    elif name in KINDS and spec is not None:
        yield from _unknown(KINDS[name], spec)
        yield from _misfits(KINDS[name], spec)
        yield from _without_effect(KINDS[name], document, spec)


def _unknown(kind: Kind, spec: Value) -> Iterator[Finding]:
    for found in fields.unknown_fields(kind, spec.plain):
        at = spec
        for step in found.path[:-1]:
            at = at.content[step]
        where = f"{at.source}:{at.keys[str(found.path[-1])]}"
        yield Finding("error", where, f"no field {fields.path_text(found.path)}", found.hint)


def _misfits(kind: Kind, spec: Value) -> Iterator[Finding]:
    given = {name: value for name, value in spec.content.items() if value.content is not None}
    for line, what, fix in schema.violations(replace(spec, content=given), kind.spec, "spec"):
        yield Finding("error", f"{spec.source}:{line}", what, fix)


def _without_effect(kind: Kind, document: Value, spec: Value) -> Iterator[Finding]:
    for found in fields.unsupported(kind, spec.plain):
        where = calico_objects.where(document, found.field)
        yield Finding("error" if found.refused else "warning", where, str(found))
