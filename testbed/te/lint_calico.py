"""Calico's objects against a plan: addresses, AS numbers and nodes that they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from testbed.plan.model import Plan
from testbed.srpolicy.yaml_tree import Value
from testbed.te import calico, lint_bgp, lint_pools
from testbed.te.findings import Finding
from testbed.te.owners import closest_name

# The names of the nodes that a nodeSelector selects now. Raises ValueError for one that is none.
Selected = Callable[[str], Sequence[str]]

NOBODY = "!all()"  # meant so, as in a pool that no node is to take addresses from


def lint_calico(
    plan: Plan, documents: Sequence[Value], selected: Selected | None = None
) -> list[Finding]:
    """Findings on IPPools, BGPPeers and BGPConfigurations whose structure was checked.

    Without `selected`, node selectors are not looked at.
    """
    asn = next((a for d in documents if lint_bgp.is_default(d) and (a := calico.asn(d))), plan.asn)
    findings: list[Finding] = []
    for document in documents:
        kind = calico.kind(document)
        if kind == "BGPPeer":
            findings += lint_bgp.peer(plan, document, asn)
        elif kind == "BGPConfiguration":
            findings += lint_bgp.configuration(plan, document)
        elif kind == "IPPool":
            findings += lint_pools.pool(plan, document)
        if selected is not None:
            findings += _selector(plan, document, selected)
    return findings


def _selector(plan: Plan, document: Value, selected: Selected) -> Iterator[Finding]:
    text, where = calico.text(document, "nodeSelector"), calico.where(document, "nodeSelector")
    if not text or text.replace(" ", "") == NOBODY:
        return
    try:
        nodes = selected(text)
    except ValueError as error:
        yield Finding("error", where, str(error))
        return
    if not nodes:
        what = f"nodeSelector {text} selects none of the nodes that are here"
        yield Finding("warning", where, what, _meant(plan, text))


def _meant(plan: Plan, selector: str) -> str | None:
    """Who was probably meant by the values that stand in quotes."""
    names = [n.name for n in plan.cluster]
    for value in re.findall(r"'([^']*)'|\"([^\"]*)\"", selector):
        word = value[0] or value[1]
        if word in names:
            return f"it counts once {word} has joined"
        if near := closest_name(word, names):
            return near
    return None
