"""Best effort: the route that misses the fewest of an intent's constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from testbed.engine.compute.conflict import fewest_left_out
from testbed.engine.compute.constraints import Constraint, Constraints, together
from testbed.engine.decide.ask import Ask
from testbed.engine.decide.choose import Refusal, Terrain, best_route
from testbed.engine.decide.route import Route


@dataclass(frozen=True)
class Relaxed:
    """A route, what it keeps to, and what of the intent it misses."""

    route: Route
    kept: Constraints
    missed: tuple[Constraint, ...]
    objective: bool = True  # False: it is not what the intent asks to be best either


def relaxed_route(terrain: Terrain, ask: Ask, constraints: Constraints) -> Relaxed | Refusal:
    """All constraints but the fewest; where no route is what is to be best, the least metric."""

    def possible(some: Sequence[Constraint]) -> bool:
        return isinstance(best_route(terrain, ask, together(some)), Route)

    missed = fewest_left_out(constraints.each(), possible)
    if missed is not None:
        kept = together(one for one in constraints.each() if one not in missed)
        route = best_route(terrain, ask, kept)
        if isinstance(route, Route):
            return Relaxed(route, kept, missed)
    if ask.intent.optimise != "igp":
        plain = replace(ask, intent=replace(ask.intent, optimise="igp"))
        found = relaxed_route(terrain, plain, constraints)
        return found if isinstance(found, Refusal) else replace(found, objective=False)
    without = best_route(terrain, ask, Constraints())
    return without if isinstance(without, Refusal) else Refusal("no segment list leads there")
