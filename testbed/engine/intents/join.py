"""Intents that are objects, beside those that a lab has of its own; which of them count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from testbed.engine.intents.lint import Claims, lint_alone
from testbed.engine.intents.model import Intent
from testbed.engine.intents.names import Names
from testbed.engine.intents.read import API_SERVER, Written, read_intent
from testbed.object_fields.intent import FORM, INTENT
from testbed.plan.model import Plan
from testbed.srpolicy.files.yaml_tree import Value, from_plain
from testbed.te.lint.findings import Finding, errors

_FORM = {"apiVersion": FORM, "kind": INTENT.name}


@dataclass(frozen=True)
class Joined:
    """Objects that count; findings on each by its name: errors on those that do not."""

    accepted: tuple[Written, ...]
    findings: Mapping[str, tuple[Finding, ...]]


def join(
    plan: Plan,
    own: Sequence[Written],
    objects: Iterable[tuple[str, object]],
    obstacle: Callable[[Intent], Finding | None],
) -> Joined:
    """`objects`: names and specs, the oldest first: of two for the same traffic that one counts.

    The lab's own come before all objects. `obstacle`: what else keeps an intent from being used.
    """
    names = Names(plan)
    claims = Claims(names)
    taken = {written.intent.name for written in own}
    for one in own:
        claims.take(one)
    accepted: list[Written] = []
    findings: dict[str, tuple[Finding, ...]] = {}
    for name, spec in objects:
        found, written = _alone(names, name, spec)
        if name in taken:
            found.append(same_name(name, f"{API_SERVER}:1"))
        if written is not None and not errors(found):
            refused = obstacle(written.intent) or claims.take(written)
            found += [refused] if refused else []
        findings[name] = tuple(found)
        if written is not None and not errors(found):
            accepted.append(written)
    return Joined(tuple(accepted), findings)


def _alone(names: Names, name: str, spec: object) -> tuple[list[Finding], Written | None]:
    written, wrong = read_intent(document_of(name, spec), "the object")
    return (wrong, None) if written is None else (lint_alone(names, written), written)


def document_of(name: str, spec: object) -> Value:
    """An object in the file's form; all of it at line 1."""
    return from_plain({**_FORM, "metadata": {"name": name}, "spec": spec}, API_SERVER)


def same_name(name: str, where: str) -> Finding:
    """An object is called as an intent of the lab's own."""
    what = f"the lab has an intent {name} of its own, by `testbed te apply`"
    fix = f"testbed te delete {name}; or give the object another name"
    return Finding("error", where, what, fix)
