"""Constraints that keep a route away from another one.

The links and the routers of one's own ends are left alone: an end has no others.
"""

from __future__ import annotations

from dataclasses import replace

from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.disjoint import Disjoint
from testbed.engine.decide.ask import Ask
from testbed.engine.decide.route import Route
from testbed.engine.network import Network


def avoiding(
    constraints: Constraints, network: Network, ask: Ask, other: Route, apart: Disjoint
) -> Constraints | None:
    """The constraints, and nothing in common with the other; None if the other takes no link."""
    ends = {ask.source, ask.target, other.path[0].tail, other.path[-1].head}
    inner = [a for a in other.adjacencies if not {a.tail, a.head} & ends]
    if not inner:
        return None
    links = frozenset(a.link for a in inner)
    found = replace(constraints, avoid_links=constraints.avoid_links | links)
    if apart in ("node", "srlg-node"):
        crossed = {end for a in inner for end in (a.tail, a.head)}
        found = replace(
            found, avoid_nodes=found.avoid_nodes | (crossed - _own_routers(network, ask))
        )
    if apart in ("srlg", "srlg-node"):
        risks = frozenset(risk for a in inner for risk in a.srlg)
        found = replace(found, avoid_srlgs=found.avoid_srlgs | risks)
    return found


def _own_routers(network: Network, ask: Ask) -> set[str]:
    out = network.outgoing
    return {a.head for end in (ask.source, ask.target) for a in out.get(end, ())}
