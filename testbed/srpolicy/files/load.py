"""Loads policy files, in the injector's or the native form; the content decides which."""

from __future__ import annotations

from testbed.errors import TestbedError
from testbed.srpolicy.files import configmap, injector, native
from testbed.srpolicy.files.change import PolicyChange
from testbed.srpolicy.files.native import Resolve, nothing_known
from testbed.srpolicy.files.yaml_tree import Value, read_documents
from testbed.srpolicy.model import SRPolicy


def load_policies(text: str, source: str, resolve: Resolve = nothing_known) -> list[PolicyChange]:
    """Every change that the file asks for, in file order; no NLRI twice.

    `resolve` turns node names of our own form into addresses. Raises TestbedError with file:line.
    """
    changes: list[PolicyChange] = []
    for document in read_documents(text, source):
        changes.extend(_read_document(document, resolve))
    if not changes:
        raise TestbedError("the file holds no policy", where=source)
    _refuse_duplicates(changes)
    return changes


def _read_document(document: Value, resolve: Resolve) -> list[PolicyChange]:
    if injector.recognises(document):
        return [injector.read(document)]
    if native.recognises(document):
        return native.read(document, resolve)
    if configmap.recognises(document):
        raise TestbedError(
            "this is a TE ConfigMap, not an SR Policy",
            where=document.where,
            fix="use `testbed apply -f` for it",
        )
    raise TestbedError(
        "this is no SR Policy",
        where=document.where,
        why=f"neither the injector's form (nlri, segmentlist) nor kind {native.KIND}",
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
