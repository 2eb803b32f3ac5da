"""The network that LSPs describe: adjacencies that both ends tell of, with the plan's names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from testbed.engine.from_plan import link_names, network_of
from testbed.engine.linkstate.lsp import Lsp, Prefix, System
from testbed.engine.network import Adjacency, Network
from testbed.plan.addressing import interface_name
from testbed.plan.model import Link, Plan

Ends = tuple[str, str]


@dataclass(frozen=True)
class LinkState:
    """A network as IS-IS says it is.

    `ages`: seconds since each router's LSP was made, at most. `one_way`: directions of which the
    other end does not tell, which carry nothing. `uncertain`: links of which one of several
    parallel ones is gone, and it cannot be told which.
    """

    network: Network
    prefixes: Mapping[str, Mapping[Prefix, int]]
    ages: Mapping[str, int]
    one_way: tuple[Ends, ...] = ()
    uncertain: frozenset[str] = frozenset()


def link_state(database: Mapping[System, Lsp], plan: Plan) -> LinkState:
    """What the LSPs say of the network; what they cannot say of a link is the plan's."""
    routers = {s.name: lsp for s, lsp in database.items() if not s.is_lan}
    told = _directions(database)
    prefixes = {name: lsp.prefixes for name, lsp in routers.items()}
    links = _LinksOfPlan(plan, prefixes)
    adjacencies: list[Adjacency] = []
    one_way: list[Ends] = []
    for tail, head in sorted(told):
        back = told.get((head, tail), [])
        for _ in range(len(told[tail, head]) - len(back)):
            one_way.append((tail, head))
        if tail < head and back:
            adjacencies += links.adjacencies(tail, head, told[tail, head], back)
    return LinkState(
        network=Network(
            nodes=frozenset(routers),
            adjacencies=tuple(adjacencies),
            overloaded=frozenset(name for name, lsp in routers.items() if lsp.overload),
        ),
        prefixes=prefixes,
        ages={name: lsp.age for name, lsp in routers.items()},
        one_way=tuple(one_way),
        uncertain=frozenset(links.uncertain),
    )


def _directions(database: Mapping[System, Lsp]) -> dict[Ends, list[int]]:
    """(tail, head) → metrics of the adjacencies that the tail tells of, across LANs too."""
    found: dict[Ends, list[int]] = defaultdict(list)
    for system, lsp in database.items():
        if system.is_lan:
            continue
        for neighbour, metric in lsp.neighbours:
            if not neighbour.is_lan:
                found[system.name, neighbour.name].append(metric)
                continue
            lan = database.get(neighbour)
            members = [other.name for other, _ in lan.neighbours] if lan else []
            if system.name in members:  # the LAN knows of it
                for other in sorted({*members} - {system.name}):
                    found[system.name, other].append(metric)
    return found


class _LinksOfPlan:
    """Gives adjacencies the names and attributes of the plan's links."""

    def __init__(self, plan: Plan, prefixes: Mapping[str, Mapping[Prefix, int]]) -> None:
        self.uncertain: set[str] = set()
        self._prefixes = prefixes
        self._attributes = {(x.tail, x.head, x.link): x for x in network_of(plan).adjacencies}
        self._between: dict[frozenset[str], list[tuple[str, Link]]] = defaultdict(list)
        for link, name in link_names(plan).items():
            if {link.a.node, link.b.node} <= plan.router_names:
                self._between[frozenset((link.a.node, link.b.node))].append((name, link))

    def adjacencies(
        self, tail: str, head: str, there: list[int], back: list[int]
    ) -> Iterator[Adjacency]:
        """Both directions of each link between two routers, of which there are as many as told."""
        count = min(len(there), len(back))
        for name, one, other in zip(self._names(tail, head, count), there, back, strict=False):
            yield self._adjacency(tail, head, name, one)
            yield self._adjacency(head, tail, name, other)

    def _names(self, tail: str, head: str, count: int) -> list[str]:
        """Parallel links are told apart by their subnets, which go with them."""
        planned = self._between[frozenset((tail, head))]
        alive = [name for name, link in planned if self._is_announced(link)]
        if count < len(planned) and len(alive) != count:
            self.uncertain |= {name for name, _ in planned}
        chosen = alive[:count] if len(alive) >= count else [name for name, _ in planned][:count]
        more = range(len(chosen) + 1, count + 1)  # links that the plan does not have
        return chosen + [interface_name(tail, head, number) for number in more]

    def _is_announced(self, link: Link) -> bool:
        subnets = {address.network for port in (link.a, link.b) for address in port.addresses}
        ends = (self._prefixes.get(port.node, {}) for port in (link.a, link.b))
        return all(not subnets.isdisjoint(prefixes) for prefixes in ends)

    def _adjacency(self, tail: str, head: str, name: str, metric: int) -> Adjacency:
        planned = self._attributes.get((tail, head, name))
        return replace(planned or Adjacency(tail, head, name, metric), metric=metric)
