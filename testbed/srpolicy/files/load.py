"""Loads policy files, in the injector's or the native form; the content decides which."""

from __future__ import annotations

from testbed.errors import TestbedError
from testbed.srpolicy.files import configmap, injector, native
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.files.native import Resolve, nothing_known
from testbed.srpolicy.files.yaml_tree import Value, read_documents
from testbed.srpolicy.model import SRPolicy


def load_policies(text: str, source: str, resolve: Resolve = nothing_known) -> list[PolicyChange]:
    """Every change that the file asks for, in file order; no NLRI and no name twice.

    `resolve` turns node names of our own form into addresses. Raises TestbedError with file:line.
    """
    changes: list[PolicyChange] = []
    for document in read_documents(text, source):
        found = _read_document(document, resolve)
        _refuse_same_name(changes, found)
        changes.extend(found)
    if not changes:
        raise TestbedError("the file holds no policy", where=source)
    _refuse_duplicates(changes)
    return changes


def _read_document(document: Value, resolve: Resolve) -> list[PolicyChange]:
    kind = document.get("kind")
    if kind is not None and kind.content == "Intent":
        raise TestbedError(
            "this is an Intent, not an SR Policy",
            where=document.where,
            why="the TE engine makes SR Policies of it",
            fix="testbed te apply -f FILE",
        )
    if injector.recognises(document):
        return [injector.read(document)]
    if native.recognises(document):
        return native.read(document, resolve)
    if configmap.recognises(document):
        raise TestbedError(
            "this is a TE ConfigMap, not an SR Policy",
            where=document.where,
            fix="testbed apply -f FILE",
        )
    raise TestbedError(
        "this is no SR Policy",
        where=document.where,
        why=f"neither the injector's form (nlri, segmentlist) nor kind {native.KIND}",
    )


def _refuse_same_name(before: list[PolicyChange], found: list[PolicyChange]) -> None:
    """A name stands for all candidates of a policy: the second document would replace the first."""
    first = next((c for c in before if c.named and c.name == found[0].name), None)
    if first is not None and found[0].named:
        raise TestbedError(
            f"two policies are called {first.name}",
            where=found[0].where,
            why=f"first on line {first.lines.policy}; the second would replace it",
            fix="give one another name, or make them candidates of one policy",
        )


def _refuse_duplicates(changes: list[PolicyChange]) -> None:
    """BGP would let the last of them replace the others silently."""
    seen: dict[SRPolicy, PolicyChange] = {}
    for change in changes:
        first = seen.setdefault(change.policy, change)
        if first is not change:
            raise TestbedError(
                f"two candidates have the same NLRI {change.policy}",
                where=change.where,
                why=f"first on line {first.lines.policy}; over BGP one would replace the other",
                fix="give one another colour or discriminator",
            )
