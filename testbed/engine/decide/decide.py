"""Intents and a network → a route, a segment list and a status for every pair of nodes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Literal

from testbed.engine.compute.constraints import Constraint, Constraints
from testbed.engine.compute.cspf import NO_CONSTRAINTS
from testbed.engine.compute.disjoint import Disjoint
from testbed.engine.compute.spf import Routing
from testbed.engine.decide.apart import avoiding
from testbed.engine.decide.ask import Ask, Overruled, asks_of
from testbed.engine.decide.choose import Refusal, Terrain, best_route
from testbed.engine.decide.joint import joint_routes
from testbed.engine.decide.load import Load, network_left, with_route
from testbed.engine.decide.protect import protected
from testbed.engine.decide.relax import relaxed_route
from testbed.engine.decide.route import Route
from testbed.engine.decide.setting import Setting
from testbed.engine.decide.wanted import constraints_of, network_for
from testbed.engine.intents.model import Intent
from testbed.engine.network import Network

Status = Literal["Satisfied", "Degraded", "Unsatisfiable"]
_MOST_TO_PERMUTE = 4  # intents of a group: 24 orders


@dataclass(frozen=True)
class Decided:
    """What became of one pair of nodes.

    Satisfied, or Degraded: best effort missed something, or protection is not to be had; then
    `reason` says what. Unsatisfiable: there is no route, and no policy.
    """

    ask: Ask
    status: Status
    reason: str = ""
    primary: Route | None = None
    backup: Route | None = None
    apart: Disjoint | None = None  # what the two do not have in common
    constraints: Constraints = NO_CONSTRAINTS  # what the route was to keep to
    labels: Mapping[Constraint, str] | None = None  # in words, those that a group makes
    terrain: Terrain | None = field(default=None, compare=False, repr=False)  # it was sought on


@dataclass(frozen=True)
class Decision:
    """Of all intents, in the order in which they were decided."""

    decided: tuple[Decided, ...]
    overruled: tuple[Overruled, ...]
    load: Load  # by what bandwidth intents ask for
    routing: Routing = field(compare=False)  # of the network that it was decided on


def decide(intents: Iterable[Intent], network: Network, setting: Setting) -> Decision:
    """The same for equal input, whatever the order of intents."""
    asks, overruled = asks_of(intents, setting.ends, setting.families)
    run = _Run(network, setting)
    load: Load = {}
    found: list[Decided] = []
    grouped: set[str] = set()
    for ask in asks:
        disjoint = ask.intent.disjoint
        if disjoint is None:
            more, load = run.one(ask, load, [])
        elif disjoint.group in grouped:
            continue
        else:
            grouped.add(disjoint.group)
            more, load = run.group([a for a in asks if _is_in(a, disjoint.group)], load)
        found += more
    return Decision(tuple(found), tuple(overruled), load, run.routing)


def _is_in(ask: Ask, group: str) -> bool:
    return ask.intent.disjoint is not None and ask.intent.disjoint.group == group


class _Run:
    """One network; what is decided goes from call to call as `load`."""

    def __init__(self, network: Network, setting: Setting) -> None:
        self.network, self.setting = network, setting
        self.routing = Routing(network)

    def group(self, asks: list[Ask], load: Load) -> tuple[list[Decided], Load]:
        """Intents in all orders, if there are few, until all of them have what they want."""
        best = self._together(asks, load)
        if best is not None:
            return best
        names = sorted({ask.intent.name for ask in asks})
        few = len(names) <= _MOST_TO_PERMUTE
        for order in permutations(names) if few else (tuple(names),):
            ordered = [a for name in order for a in asks if a.intent.name == name]
            tried = self._in_order(ordered, load, [])
            if best is None or _count_satisfied(tried[0]) > _count_satisfied(best[0]):
                best = tried
            if _count_satisfied(best[0]) == len(best[0]):
                break
        assert best is not None
        return best

    def _in_order(
        self, asks: list[Ask], load: Load, beside: list[Decided]
    ) -> tuple[list[Decided], Load]:
        found: list[Decided] = []
        for ask in asks:
            more, load = self.one(ask, load, [*beside, *found])
            found += more
        return found, load

    def _together(self, asks: list[Ask], load: Load) -> tuple[list[Decided], Load] | None:
        """Two intents that want the same between the same ends: two disjoint paths at once."""
        if len(asks) != 2 or any(a.intent.protect or a.bandwidth_mbit for a in asks):
            return None
        one, other = asks
        if (one.source, one.target) != (other.source, other.target) or one.intent == other.intent:
            return None
        constraints = [constraints_of(ask, self.setting.link_names) for ask in asks]
        wanted = {ask.intent.optimise for ask in asks}
        if constraints[0] != constraints[1] or len(wanted) > 1 or "spare-bandwidth" in wanted:
            return None
        terrain = replace(self._terrain(one, load), limit=min(map(self._limit, asks)))
        routes = joint_routes(terrain, one, constraints[0], _apart(one, other))
        if routes is None:
            return None
        return [
            Decided(ask, "Satisfied", primary=route, constraints=constraints[0], terrain=terrain)
            for ask, route in zip(asks, routes, strict=True)
        ], load

    def one(self, ask: Ask, load: Load, beside: list[Decided]) -> tuple[list[Decided], Load]:
        """`beside`: decided already, of the same group."""
        found = self._one(ask, load, beside)
        if found.primary is None and ask.bandwidth_mbit and len(ask.families) > 1:
            parts = [replace(ask, families=(family,)) for family in ask.families]
            return self._in_order(parts, load, beside)
        if found.primary is not None:
            load = with_route(load, self.routing, found.primary, ask.bandwidth_mbit)
        return [found], load

    def _one(self, ask: Ask, load: Load, beside: list[Decided]) -> Decided:
        terrain = self._terrain(ask, load)
        wanted, labels = self._within_group(ask, beside)
        decided = Decided(ask, "Satisfied", constraints=wanted, labels=labels, terrain=terrain)
        route = best_route(terrain, ask, wanted)
        if isinstance(route, Refusal) and ask.intent.strict:
            return replace(decided, status="Unsatisfiable", reason=_in_words(route, ask, labels))
        if isinstance(route, Refusal):
            relaxed = relaxed_route(terrain, ask, wanted)
            if isinstance(relaxed, Refusal):
                return replace(decided, status="Unsatisfiable", reason=relaxed.reason)
            missed = [labels.get(one, str(one)) for one in relaxed.missed]
            missed += [] if relaxed.objective else [f"optimise {ask.intent.optimise}"]
            reason = f"missed: {'; '.join(dict.fromkeys(missed))}"
            decided = replace(decided, status="Degraded", reason=reason, constraints=relaxed.kept)
            route = relaxed.route
        decided = replace(decided, primary=route)
        return self._protect(terrain, decided, route) if ask.intent.protect else decided

    def _protect(self, terrain: Terrain, decided: Decided, best: Route) -> Decided:
        found = protected(terrain, decided.ask, decided.constraints, best)
        if isinstance(found, Refusal):
            reason = "; ".join(filter(None, (decided.reason, found.reason)))
            return replace(decided, status="Degraded", reason=reason)
        return replace(decided, primary=found.primary, backup=found.backup, apart=found.apart)

    def _terrain(self, ask: Ask, load: Load) -> Terrain:
        """What this ask's routes are sought on."""
        network = network_for(ask, self.network, self.setting.routers)
        if ask.bandwidth_mbit or ask.intent.optimise == "spare-bandwidth":
            network = network_left(network, load)
        return Terrain(self.routing, network, self._limit(ask))

    def _limit(self, ask: Ask) -> int:
        return self.setting.most_segments(ask.intent, ask.target)

    def _within_group(
        self, ask: Ask, beside: list[Decided]
    ) -> tuple[Constraints, dict[Constraint, str]]:
        """What the ask wants, and to be apart from the others of its group, with words for that."""
        found = constraints_of(ask, self.setting.link_names)
        labels: dict[Constraint, str] = {}
        for other in beside:
            if other.primary is None or other.ask.intent.name == ask.intent.name:
                continue
            apart = _apart(ask, other.ask)
            before = set(found.each())
            found = avoiding(found, self.network, ask, other.primary, apart) or found
            words = f"apart from {other.ask.intent.name} ({apart})"
            labels |= {one: words for one in found.each() if one not in before}
        return found, labels


def _apart(one: Ask, other: Ask) -> Disjoint:
    """What both of them want not to have in common."""
    wanted = {ask.intent.disjoint.separation for ask in (one, other) if ask.intent.disjoint}
    if {"node", "srlg"} <= wanted:
        return "srlg-node"
    return "node" if "node" in wanted else "srlg" if "srlg" in wanted else "link"


def _count_satisfied(decided: list[Decided]) -> int:
    return sum(one.status == "Satisfied" for one in decided)


def _in_words(refusal: Refusal, ask: Ask, labels: Mapping[Constraint, str]) -> str:
    if not any(one in labels for one in refusal.conflict):
        return refusal.reason
    said = dict.fromkeys(labels.get(one, str(one)) for one in refusal.conflict)
    return f"no path from {ask.source} to {ask.target} with: {'; '.join(said)}"
