"""Why an intent with a bandwidth is where it is: the load of its links, and by its own route."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.engine.compute.spf import Routing
from testbed.engine.decide.choose import best_route
from testbed.engine.decide.decide import Decided, Decision
from testbed.engine.decide.load import Load, shares, with_route
from testbed.engine.decide.route import Route
from testbed.engine.network import Key, key_of


@dataclass(frozen=True)
class Fullest:
    """The fullest of a route's adjacencies, and its utilisation."""

    adjacency: Key
    utilisation: float


@dataclass(frozen=True)
class WhyHere:
    """`by_itself`: the route that it would take if it were alone, where it takes another one, and
    the fullest adjacency if it did. None of what has no known capacity."""

    fullest: Fullest | None
    by_itself: Route | None = None
    would_fill: Fullest | None = None


def why_here(decision: Decision, one: Decided) -> WhyHere | None:
    """None of an intent that is not placed with others."""
    if not one.placed or one.primary is None or one.terrain is None:
        return None
    routing, mbit = decision.routing, one.ask.bandwidth_mbit
    here = _fullest(routing, decision.load, one.primary)
    own = best_route(one.terrain, one.ask, one.constraints)
    if not isinstance(own, Route) or own.segments == one.primary.segments:
        return WhyHere(here)
    others = with_route(decision.load, routing, one.primary, -mbit)
    there = with_route(others, routing, own, mbit)
    return WhyHere(here, own, _fullest(routing, there, own))


def _fullest(routing: Routing, load: Load, route: Route) -> Fullest | None:
    capacities = {key_of(a): a.capacity_mbit for a in routing.adjacencies}
    found = [
        Fullest(key, load.get(key, 0.0) / capacity)
        for key in sorted(shares(routing, route))
        if (capacity := capacities[key])
    ]
    return max(found, key=lambda one: one.utilisation, default=None)
