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
from testbed.engine.decide.choose import Known, Refusal, Terrain, best_route
from testbed.engine.decide.joint import joint_routes
from testbed.engine.decide.load import (
    Load,
    network_left,
    over_subscribed,
    shares,
    too_narrow,
    with_route,
    with_routes,
)
from testbed.engine.decide.placing import Standing, place_together
from testbed.engine.decide.protect import protected
from testbed.engine.decide.relax import relaxed_route
from testbed.engine.decide.route import Route
from testbed.engine.decide.setting import Setting
from testbed.engine.decide.wanted import constraints_of, network_for
from testbed.engine.decide.wishes import Wanted
from testbed.engine.intents.model import Intent
from testbed.engine.network import Key, Network

Status = Literal["Satisfied", "Degraded", "Unsatisfiable"]
_MOST_TO_PERMUTE = 4  # intents of a group: 24 orders
_MOST_NAMED = 3  # links that are too full
NO_STANDING: Standing = {}
_Asked = tuple[Ask, Constraints]


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
    placed: bool = False  # together with all others that want bandwidth


@dataclass(frozen=True)
class Decision:
    """Of all intents, in the order in which they were decided."""

    decided: tuple[Decided, ...]
    overruled: tuple[Overruled, ...]
    load: Load  # by what bandwidth intents ask for
    routing: Routing = field(compare=False)  # of the network that it was decided on


class Memory:
    """What was found on a network, for the next decision on an equal one."""

    def __init__(self) -> None:
        self._of: tuple[Network, Setting] | None = None
        self.routing: Routing
        self.known: Known = {}
        self.sought: dict[_Asked, Decided] = {}
        self.alone: dict[Ask, Decided] = {}  # were there bandwidth for all

    def of(self, network: Network, setting: Setting) -> Memory:
        """Itself; empty if it is of another network."""
        if self._of != (network, setting):
            self._of, self.routing = (network, setting), Routing(network)
            self.known, self.sought, self.alone = {}, {}, {}
        return self

    def keep(self, sought: dict[_Asked, Decided], alone: dict[Ask, Decided]) -> None:
        """These, and nothing of networks that were made up meanwhile."""
        network = self.routing.network
        self.sought = sought
        self.alone = {a: o for a, o in alone.items() if o.terrain and o.terrain.network is network}
        self.known = {key: found for key, found in self.known.items() if found[0] is network}


def decide(
    intents: Iterable[Intent],
    network: Network,
    setting: Setting,
    standing: Standing = NO_STANDING,
    memory: Memory | None = None,
    quick: bool = False,
) -> Decision:
    """The same for equal input, whatever the order of intents, and whatever is remembered.

    Groups first; then all that want bandwidth, together; then the others. `standing`: what there is
    now, which asks for bandwidth leave only where that is worth it. `quick`: what there is stays
    for now, where that is quicker and there is room for all. Not quick, the decision after that
    one is the same as without it.
    """
    asks, overruled = asks_of(intents, setting.ends, setting.families)
    run = _Run(setting, (memory or Memory()).of(network, setting))
    load: Load = {}
    found: list[Decided] = []
    for group in dict.fromkeys(filter(None, map(_group_of, asks))):
        more, load = run.group([ask for ask in asks if _group_of(ask) == group], load)
        found += more
    single = [ask for ask in asks if not _group_of(ask)]
    more, load = run.together([ask for ask in single if ask.bandwidth_mbit], load, standing, quick)
    found += more
    for ask in single:
        if not ask.bandwidth_mbit:
            more, load = run.one(ask, load, [])
            found += more
    run.memory.keep(run.sought, run.alone)
    return Decision(tuple(found), tuple(overruled), load, run.routing)


def standing_of(decided: Iterable[Decided]) -> Standing:
    """What there is once this is delivered."""
    return {
        (*one.ask.ends, family): tuple(map(str, one.primary.segments[:-1]))
        for one in decided
        if one.primary is not None
        for family in one.ask.families
    }


def _group_of(ask: Ask) -> str:
    return ask.intent.disjoint.group if ask.intent.disjoint else ""


class _Run:
    """One network; what is decided goes from call to call as `load`."""

    def __init__(self, setting: Setting, memory: Memory) -> None:
        self.setting, self.memory = setting, memory
        self.routing, self.network = memory.routing, memory.routing.network
        self.known = memory.known
        self.sought: dict[_Asked, Decided] = {}
        self.alone: dict[Ask, Decided] = {}
        self._judged: tuple[Load, Mapping[Key, str]] = {}, {}

    def group(self, asks: list[Ask], load: Load) -> tuple[list[Decided], Load]:
        """Intents in all orders, if there are few, until all of them have what they want."""
        best = self._pair(asks, load)
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

    def _pair(self, asks: list[Ask], load: Load) -> tuple[list[Decided], Load] | None:
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

    def together(
        self, asks: list[Ask], load: Load, standing: Standing, quick: bool
    ) -> tuple[list[Decided], Load]:
        """All that want bandwidth: so that the fullest link is as empty as possible."""
        by_itself = [self._by_itself(ask) for ask in asks]
        found = [one for one in by_itself if one.primary is None]
        wanted = [
            Wanted(one.ask, one.primary, one.constraints, one.terrain.network, one.terrain.limit)
            for one in by_itself
            if one.primary is not None and one.terrain is not None
        ]
        routes = place_together(self.routing, wanted, load, standing, quick)
        taken = [(route, ask.bandwidth_mbit) for ask, route in routes.items() if route]
        load = with_routes(load, self.routing, taken)
        for one in by_itself:
            route = routes.get(one.ask)
            if route is not None:
                more, load = self._finished(replace(one, primary=route, placed=True), load)
                found.append(more)
        for ask, route in routes.items():
            if route is None:
                rest, load = self.one(ask, load, [])
                found += rest
        return found, load

    def _by_itself(self, ask: Ask) -> Decided:
        """What an ask would have, were there bandwidth for all."""
        if ask not in self.alone:
            self.alone[ask] = self.memory.alone.get(ask) or self._seek_alone(ask)
        return self.alone[ask]

    def _seek_alone(self, ask: Ask) -> Decided:
        network = network_for(ask, self.network, self.setting.routers)
        terrain = Terrain(self.routing, network, self._limit(ask), self.known)
        wanted = replace(constraints_of(ask, self.setting.link_names), bandwidth_mbit=None)
        return self._seek(terrain, ask, wanted, {})

    def _finished(self, one: Decided, load: Load) -> tuple[Decided, Load]:
        """With what stands by, and what is over-subscribed. `load` has its own traffic already."""
        ask, route, terrain = one.ask, one.primary, one.terrain
        assert route is not None and terrain is not None
        one = self._with_overload(one, load)
        if not ask.intent.protect:
            return one, load
        others = with_route(load, self.routing, route, -ask.bandwidth_mbit)
        fits = one.status == "Satisfied"
        asked = replace(one.constraints, bandwidth_mbit=ask.bandwidth_mbit if fits else None)
        left = replace(terrain, network=network_left(terrain.network, others))
        both = self._protect(left, replace(one, constraints=asked), route)
        if both.primary != route and both.primary is not None:
            load = with_route(others, self.routing, both.primary, ask.bandwidth_mbit)
        return replace(both, constraints=one.constraints, terrain=terrain), load

    def _with_overload(self, one: Decided, load: Load) -> Decided:
        """A best-effort intent misses the bandwidth that its links do not have."""
        if one.ask.intent.strict or one.primary is None or not one.ask.bandwidth_mbit:
            return one
        if load is not self._judged[0]:
            self._judged = load, over_subscribed(load, self.routing)
        over = self._judged[1]
        crossed = sorted(shares(self.routing, one.primary)) if over else ()
        full = [over[key] for key in crossed if key in over]
        reason = "; ".join(filter(None, (one.reason, *full[:_MOST_NAMED])))
        return replace(one, status="Degraded", reason=reason) if full else one

    def one(self, ask: Ask, load: Load, beside: list[Decided]) -> tuple[list[Decided], Load]:
        """`beside`: decided already, of the same group."""
        found = self._one(ask, load, beside)
        if found.primary is None and ask.bandwidth_mbit and len(ask.families) > 1:
            parts = [replace(ask, families=(family,)) for family in ask.families]
            return self._in_order(parts, load, beside)
        if found.primary is not None:
            load = with_route(load, self.routing, found.primary, ask.bandwidth_mbit)
        return [self._with_overload(found, load)], load

    def _one(self, ask: Ask, load: Load, beside: list[Decided]) -> Decided:
        terrain = self._terrain(ask, load)
        found = self._sought(terrain, ask, *self._within_group(ask, beside))
        if found.primary is None or not ask.intent.protect:
            return found
        return self._protect(terrain, found, found.primary)

    def _sought(
        self, terrain: Terrain, ask: Ask, wanted: Constraints, labels: dict[Constraint, str]
    ) -> Decided:
        """What is remembered, else found; of an ask that no other has any part in."""
        if labels or terrain.network is not self.network:
            return self._seek(terrain, ask, wanted, labels)
        key = ask, wanted
        if key not in self.sought:
            known = self.memory.sought.get(key)
            self.sought[key] = known or self._seek(terrain, ask, wanted, labels)
        return self.sought[key]

    def _seek(
        self, terrain: Terrain, ask: Ask, wanted: Constraints, labels: dict[Constraint, str]
    ) -> Decided:
        """The best route within the constraints, or what best effort makes of them."""
        decided = Decided(ask, "Satisfied", constraints=wanted, labels=labels, terrain=terrain)
        route = best_route(terrain, ask, wanted)
        if isinstance(route, Refusal) and ask.intent.strict:
            reason = _in_words(route, ask, labels)
            if any(one.kind == "bandwidth" for one in route.conflict):
                narrow = too_narrow(terrain.network, wanted, ask.source, ask.target)
                reason = "; ".join((reason, *narrow[:_MOST_NAMED]))
            return replace(decided, status="Unsatisfiable", reason=reason)
        if isinstance(route, Refusal):
            relaxed = relaxed_route(terrain, ask, wanted)
            if isinstance(relaxed, Refusal):
                return replace(decided, status="Unsatisfiable", reason=relaxed.reason)
            missed = [labels.get(one, str(one)) for one in relaxed.missed]
            missed += [] if relaxed.objective else [f"optimise {ask.intent.optimise}"]
            reason = f"missed: {'; '.join(dict.fromkeys(missed))}"
            decided = replace(decided, status="Degraded", reason=reason, constraints=relaxed.kept)
            route = relaxed.route
        return replace(decided, primary=route)

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
        return Terrain(self.routing, network, self._limit(ask), self.known)

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
