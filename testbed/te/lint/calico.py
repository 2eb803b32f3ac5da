"""Checks the addresses, AS numbers and nodes that Calico objects name against a plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from testbed.object_fields.reserved import Network
from testbed.plan.model import Plan
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint import bgp_objects, calico_objects, object_fields, pools
from testbed.te.lint.findings import Finding
from testbed.te.lint.other_pools import other_pools
from testbed.te.owners import closest_name

# The names of the nodes that a nodeSelector selects now. Raises ValueError for one that is none.
Selected = Callable[[str], Sequence[str]]

SELECTORS = "write it as in key == 'value', has(key), key in {'a', 'b'} or all()"
_OF_NODES = re.compile(
    r"kubernetes\.io/hostname\s*(?:==|!=|(?:not\s+)?in\b)\s*(\{[^}]*\}|'[^']*'|\"[^\"]*\")"
)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
NOBODY = "!all()"  # meant so, as in a pool that no node is to take addresses from


def lint_calico(
    plan: Plan,
    documents: Sequence[Value],
    selected: Selected | None = None,
    pools_in_lab: Mapping[str, Network] = MappingProxyType({}),
) -> list[Finding]:
    """Findings on IPPools, BGPPeers and BGPConfigurations whose structure was checked.

    Without `selected`, node selectors are not looked at. `pools_in_lab`: the lab's IPPools by name.
    """
    asn = next(
        (a for d in documents if bgp_objects.is_default(d) and (a := calico_objects.asn(d))),
        plan.asn,
    )
    findings: list[Finding] = []
    for index, document in enumerate(documents):
        findings += object_fields.check(document, plan.orchestrator_traits.services)
        kind = calico_objects.kind(document)
        if kind == "BGPPeer":
            findings += bgp_objects.peer(plan, document, asn)
        elif kind == "BGPConfiguration":
            findings += bgp_objects.configuration(plan, document)
        elif kind == "IPPool":
            others = other_pools(documents, index, pools_in_lab)
            findings += pools.pool(plan, document, others)
        if selected is not None:
            findings += _check_selector(plan, document, selected)
            findings += _check_namespaces(document, selected)
    return findings


def _check_namespaces(document: Value, selected: Selected) -> Iterator[Finding]:
    """Only its grammar: namespaces come and go."""
    text = calico_objects.text(document, "namespaceSelector")
    if not text:
        return
    try:
        selected(text)
    except ValueError as error:
        where = calico_objects.where(document, "namespaceSelector")
        yield Finding("error", where, str(error), SELECTORS)


def _check_selector(plan: Plan, document: Value, selected: Selected) -> Iterator[Finding]:
    text, where = (
        calico_objects.text(document, "nodeSelector"),
        calico_objects.where(document, "nodeSelector"),
    )
    if not text or text.replace(" ", "") == NOBODY:
        return
    try:
        nodes = selected(text)
    except ValueError as error:
        yield Finding("error", where, str(error), SELECTORS)
        return
    unknown = [name for name in _named_nodes(text) if name not in plan.by_name]
    if nodes and unknown:
        what = f"nodeSelector {text} names {unknown[0]}, which is no node of the plan"
        yield Finding("warning", where, what, closest_name(unknown[0], _cluster(plan)))
    if not nodes:
        what = f"nodeSelector {text} selects none of the nodes that are here"
        yield Finding("warning", where, what, _suggest_selector(plan, text))


def _suggest_selector(plan: Plan, selector: str) -> str | None:
    """A suggestion for the node that the quoted values of the selector probably mean."""
    names = _cluster(plan)
    for word in _quoted(selector):
        if word in names:
            return f"it counts once {word} has joined"
        if near := closest_name(word, names):
            return near
    return None


def _named_nodes(selector: str) -> list[str]:
    """The nodes that the selector names."""
    return [word for values in _OF_NODES.findall(selector) for word in _quoted(values)]


def _quoted(text: str) -> list[str]:
    return [first or second for first, second in _QUOTED.findall(text)]


def _cluster(plan: Plan) -> list[str]:
    return [node.name for node in plan.cluster]
