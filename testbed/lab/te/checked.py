"""Intents of a file of objects, checked before an API server gets them."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.engine.intents.join import same_name
from testbed.engine.intents.lint import lint_intents
from testbed.engine.intents.read import Written, read_intent
from testbed.lab.te import store
from testbed.object_fields.intent import FORM
from testbed.plan.model import Plan
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint.findings import Finding


def lint_objects(plan: Plan, documents: Sequence[Value]) -> list[Finding]:
    """What the engine would say of them in their status, each with its line."""
    findings: list[Finding] = []
    new: list[Written] = []
    for document in documents:
        written, wrong = read_intent(_in_files_form(document), "the object")
        findings += wrong
        new += [written] if written else []
    kept = store.read(plan)
    names = {written.intent.name for written in new}
    own = {written.intent.name for written in kept.own}
    findings += [same_name(w.intent.name, w.where) for w in new if w.intent.name in own]
    beside = [written for written in kept.intents if written.intent.name not in names]
    sources = {document.source for document in documents}
    about = lint_intents(plan, [*beside, *new])
    return findings + [one for one in about if one.where.rpartition(":")[0] in sources]


def _in_files_form(document: Value) -> Value:
    """Its envelope was checked: only what is wanted counts here."""
    parts = {key: value for key, value in document.content.items() if key in ("kind", "spec")}
    metadata = document.content["metadata"]
    named = {key: value for key, value in metadata.content.items() if key == "name"}
    parts["apiVersion"] = Value(FORM, document.source, document.line)
    parts["metadata"] = Value(named, metadata.source, metadata.line, keys=dict(metadata.keys))
    keys = {key: document.keys.get(key, document.line) for key in parts}
    return Value(parts, document.source, document.line, keys=keys)
