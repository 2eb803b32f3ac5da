"""How far from the optimum a decision is, by what its intents ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.engine.compute import ecmp
from testbed.engine.compute.filling import capacities_of
from testbed.engine.compute.placement import least_utilisation
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.ways import NO_WISH, Wish
from testbed.engine.decide.decide import Decided, Decision
from testbed.engine.decide.load import Load
from testbed.engine.network import key_of


@dataclass(frozen=True)
class Optimality:
    """Maximal utilisations: of what was decided; of the same traffic on IS-IS's shortest paths; and
    what no routing of it within the intents' constraints can be below."""

    utilisation: float
    plain: float
    bound: float


def optimality(decision: Decision) -> Optimality | None:
    """Of the intents that are carried; None if none of them has a bandwidth."""
    routing = decision.routing
    carried = [one for one in decision.decided if one.primary and one.ask.bandwidth_mbit]
    if not carried:
        return None
    utilisation = _utilisation(routing, decision.load)
    sizes = [one.ask.bandwidth_mbit for one in carried]
    pairs = [(routing.number[one.ask.source], routing.number[one.ask.target]) for one in carried]
    wishes = [_wish(routing, one) for one in carried]
    bound = least_utilisation(routing, sizes, pairs, wishes)
    plain = _utilisation(routing, _plain(routing, sizes, pairs))
    return Optimality(utilisation, plain, min(bound, utilisation))


def _wish(routing: Routing, one: Decided) -> Wish:
    """What a group adds to the constraints of an intent does not count."""
    if not one.placed or one.terrain is None:
        return NO_WISH
    allowed = filter(one.constraints.allow, one.terrain.network.adjacencies)
    return Wish(arcs=frozenset(map(routing.arc, allowed)))


def _plain(
    routing: Routing, sizes: Sequence[float], pairs: Sequence[tuple[int, int]]
) -> dict[tuple[str, str, str], float]:
    found: dict[tuple[str, str, str], float] = {}
    for mbit, ends in zip(sizes, pairs, strict=True):
        for arc, part in ecmp.shares(routing, *ends).items():
            key = key_of(routing.adjacencies[arc])
            found[key] = found.get(key, 0.0) + part * mbit
    return found


def _utilisation(routing: Routing, load: Load) -> float:
    adjacencies = routing.adjacencies
    used = (
        load.get(key_of(adjacencies[arc]), 0.0) / mbit
        for arc, mbit in capacities_of(routing).items()
    )
    return max(used, default=0.0)
