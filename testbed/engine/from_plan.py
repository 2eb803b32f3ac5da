"""The network of a plan: its routers, and its cluster nodes at their edge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from testbed.engine.network import Adjacency, Network
from testbed.plan import shaping_rules
from testbed.plan.model import Link, Plan, Port, Role


def network_of(plan: Plan) -> Network:
    """Routers, cluster nodes, and the links between them, in both directions.

    Hosts and the injector are no ends of an intent, and no way through.
    """
    names = link_names(plan)
    nodes = {n.name for n in plan.nodes if n.role in (Role.ROUTER, Role.CLUSTER)}
    found = [x for x in plan.links if {x.a.node, x.b.node} <= nodes]
    adjacencies = (one for link in found for one in _both_directions(link, names[link]))
    return Network(frozenset(nodes), tuple(adjacencies))


def link_names(plan: Plan) -> Mapping[Link, str]:
    """Links by name: the interface of the first end, `r3-r4`, or `r3-r4.2` of a parallel one.

    Where names of nodes make two of these the same, the node stands before: `r3:r3-r4`.
    """
    often = Counter(link.a.interface for link in plan.links)
    return {link: _name(link.a, often[link.a.interface] > 1) for link in plan.links}


def _name(port: Port, ambiguous: bool) -> str:
    return f"{port.node}:{port.interface}" if ambiguous else port.interface


def delay_us(link: Link) -> int:
    """What the file says for path computation, else how the link is shaped."""
    if link.te.delay_us is not None:
        return link.te.delay_us
    return round(shaping_rules.seconds(link.shaping.delay) * 1e6) if link.shaping.delay else 0


def capacity_mbit(link: Link) -> float | None:
    """What the file says for path computation, else how the link is shaped; None: unlimited."""
    return link.te.capacity if link.te.capacity is not None else link.shaping.bandwidth


def _both_directions(link: Link, name: str) -> Iterable[Adjacency]:
    for tail, head in ((link.a.node, link.b.node), (link.b.node, link.a.node)):
        yield Adjacency(
            tail=tail,
            head=head,
            link=name,
            metric=link.metric,
            delay_us=delay_us(link),
            capacity_mbit=capacity_mbit(link),
            affinity=frozenset(link.te.affinity),
            srlg=frozenset(link.te.srlg),
        )
