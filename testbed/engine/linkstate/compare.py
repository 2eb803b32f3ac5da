"""What differs between a plan's network and the one that IS-IS says there is, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from testbed.engine.from_plan import link_names
from testbed.engine.linkstate.state import LinkState
from testbed.engine.network import Adjacency
from testbed.plan.model import Link, Plan
from testbed.plan.spf import Prefix, find_originators

Kind = Literal["node", "link", "metric", "overload", "one-way", "prefix"]
_SHOWN = 3  # prefixes of one router that are named


@dataclass(frozen=True)
class Difference:
    """One difference: what it is about, in words; and how old the LSP that says so is, at most."""

    kind: Kind
    subject: str
    what: str
    lsp_age: int | None = None  # seconds; None where no single LSP says it

    def __str__(self) -> str:
        age = f" (by an LSP of the last {self.lsp_age} s)" if self.lsp_age is not None else ""
        return self.what + age


def differences(plan: Plan, state: LinkState) -> list[Difference]:
    """Everything that the network has otherwise than the plan, nodes first."""
    return [
        *_nodes(plan, state),
        *_links(plan, state),
        *_one_way(state),
        *_metrics(plan, state),
        *_overload(state),
        *_prefixes(plan, state),
    ]


def _nodes(plan: Plan, state: LinkState) -> Iterator[Difference]:
    for name in sorted(plan.router_names - state.network.nodes):
        yield Difference("node", name, f"the plan has {name}, the network has not")
    for name in sorted(state.network.nodes - plan.router_names):
        yield Difference("node", name, f"the network has {name}, the plan has not")


def _links(plan: Plan, state: LinkState) -> Iterator[Difference]:
    planned = _backbone(plan)
    there = {adjacency.link: adjacency for adjacency in state.network.adjacencies}
    for name, link in planned.items():
        if name not in there and {link.a.node, link.b.node} <= state.network.nodes:
            either = " (or a link beside it)" if name in state.uncertain else ""
            what = f"the plan has {name}{either}, the network has not"
            yield Difference("link", name, what, _youngest(state, link))
    for name in sorted(there.keys() - planned.keys()):
        if {there[name].tail, there[name].head} <= plan.router_names:
            yield Difference("link", name, f"the network has {name}, the plan has not")


def _youngest(state: LinkState, link: Link) -> int:
    """The age of the youngest LSP of an end that does not tell of the link."""
    told = {ends[0] for ends in state.one_way if set(ends) == {link.a.node, link.b.node}}
    silent = {link.a.node, link.b.node} - told
    return min((state.ages[name] for name in silent), default=0)


def _backbone(plan: Plan) -> dict[str, Link]:
    routers = plan.router_names
    return {n: x for x, n in link_names(plan).items() if {x.a.node, x.b.node} <= routers}


def _one_way(state: LinkState) -> Iterator[Difference]:
    for tail, head in state.one_way:
        what = f"{tail} tells of {head}, but {head} does not tell of {tail}"
        yield Difference("one-way", f"{tail}-{head}", what)


def _metrics(plan: Plan, state: LinkState) -> Iterator[Difference]:
    planned = _backbone(plan)
    for adjacency in state.network.adjacencies:
        link = planned.get(adjacency.link)
        if link is not None and link.metric != adjacency.metric:
            yield Difference("metric", adjacency.link, _describe_metric(adjacency, link))


def _describe_metric(adjacency: Adjacency, link: Link) -> str:
    return (
        f"{adjacency.link} has metric {adjacency.metric} from {adjacency.tail}, in the plan "
        f"{link.metric}"
    )


def _overload(state: LinkState) -> Iterator[Difference]:
    for name in sorted(state.network.overloaded):
        what = f"{name} has set the overload bit: nothing passes through it"
        yield Difference("overload", name, what)


def _prefixes(plan: Plan, state: LinkState) -> Iterator[Difference]:
    """Prefixes that a router does not announce, but those that went with a link."""
    there = {adjacency.link for adjacency in state.network.adjacencies}
    gone = {
        address.network
        for name, link in _backbone(plan).items()
        if name not in there
        for port in (link.a, link.b)
        for address in port.addresses
    }
    missing: dict[str, list[Prefix]] = {}
    for prefix, routers in find_originators(plan).items():
        for router in routers:
            known = state.prefixes.get(router)
            if known is not None and prefix not in known and prefix not in gone:
                missing.setdefault(router, []).append(prefix)
    for router in sorted(missing):
        what = f"{router} does not announce {_listed(missing[router])}"
        yield Difference("prefix", router, what, state.ages[router])


def _listed(prefixes: Iterable[Prefix]) -> str:
    names = [str(prefix) for prefix in prefixes]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
