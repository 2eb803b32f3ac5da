"""Asks for bandwidth placed together: few leave the route that they take by themselves.

The goal is a maximal utilisation at most STEP above the least that is found, and not above 1 where
that can be. Where the asks' own routes reach it, all take these. Else they stay where they are, new
ones take the emptiest ways, and single asks are moved until the goal is reached. Then each goes
back to the cheapest way with which the goal is still kept to. So what was decided once is decided
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from testbed.engine.compute.column_generation import Way
from testbed.engine.compute.filling import Filling
from testbed.engine.compute.placement import choices_of, fill
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.ways import Lists
from testbed.engine.compute.weights import weigh
from testbed.engine.decide.ask import Ask
from testbed.engine.decide.choose import weight_of
from testbed.engine.decide.load import Load, with_routes
from testbed.engine.decide.route import Route
from testbed.engine.decide.wishes import Wanted, Wishes, route_of, standing_way

STEP = 0.05  # of a link's capacity; for less than this no ask is moved
FULL = 1 + 1e-9
_NOTHING = 1e-9  # Mbit/s
_QUICK = 2_000  # asks times nodes that are weighed against each other in no time

# Names of the waypoints that a list has now, by intent, head end, endpoint and family.
Standing = Mapping[tuple[str, str, str, int], tuple[str, ...]]


class Placing:
    """Of some asks, on what others leave."""

    def __init__(
        self, routing: Routing, wanted: Sequence[Wanted], load: Load, standing: Standing
    ) -> None:
        self.wanted, self._routing = wanted, routing
        wishes = Wishes(routing)
        number = routing.number
        pairs = [(number[w.ask.source], number[w.ask.target]) for w in wanted]
        lists = Lists(routing, pairs, [wishes.of(one) for one in wanted])
        base = {routing.arc_of[key]: mbit for key, mbit in load.items() if key in routing.arc_of}
        sizes = [one.ask.bandwidth_mbit for one in wanted]
        self.filling = Filling(sizes, routing, lists, base)
        self._own = [lists.own(demand) for demand in range(len(wanted))]
        self._stay = [self._standing(demand, standing) for demand in range(len(wanted))]
        self._costs: dict[tuple[str, Way], float] = {}

    def _standing(self, demand: int, standing: Standing) -> Way | None:
        ask, own = self.wanted[demand].ask, self.wanted[demand].route
        names = {standing.get((*ask.ends, family)) for family in ask.families}
        one = names.pop() if len(names) == 1 else None
        if one is None:
            return None
        if one == tuple(map(str, own.segments[:-1])):
            return self._own[demand]
        way = standing_way(self._routing, ask, one)
        return way if way and self.filling.lists.allows(demand, way) else None

    def run(self) -> float:
        """Choose ways; their maximal utilisation."""
        filling = self.filling
        if filling.start(self._own) <= STEP or not self.wanted:
            return filling.utilisation()
        choices = choices_of(filling)
        least = fill(filling, choices)
        best = list(filling.chosen)
        stands = self._stand()
        stay = list(filling.chosen)
        goal = 1.0 if min(least, stands) <= 1 < least + STEP else least + STEP
        if filling.start(self._own) <= goal:
            return filling.utilisation()
        filling.start(stay)
        if filling.improve(choices.candidates, goal) > goal:
            filling.start(best)
            filling.return_to(stay, goal)
        filling.settle(choices.candidates, goal, self._cost)
        return filling.utilisation()

    def run_quickly(self) -> bool:
        """Only put new ones where there is room; False if that is not enough, or not quicker."""
        few = len(self.wanted) * len(self._routing.nodes) <= _QUICK
        return not few and any(self._stay) and self._stand() <= FULL

    def _stand(self) -> float:
        """Leave all where they are, and put new ones where there is room; the utilisation.

        Where none stands, all take their own ways.
        """
        filling = self.filling
        if not any(self._stay):
            return filling.start(self._own)
        fullest = filling.start(self._stay)
        return filling.one_by_one(filling.lists.all_of, max(fullest, min(1.0, fullest + STEP)))

    def _cost(self, demand: int, way: Way) -> float:
        """What the ask wants to be least, of its packets on average."""
        weight = weight_of(self.wanted[demand].ask)
        if (weight, way) not in self._costs:
            arcs = self._routing.adjacencies
            shares = self.filling.shares(way).items()
            self._costs[weight, way] = sum(part * weigh(arcs[arc], weight) for arc, part in shares)
        return self._costs[weight, way]

    def leave_out(self) -> None:
        """Take away as few asks as can be seen, until none crosses what is over-subscribed."""
        candidates = choices_of(self.filling).candidates
        while (arc := self._over_subscribed()) is not None:
            self.filling.put(self._to_go(arc), None)
            self.filling.improve(candidates, 1.0)

    def _over_subscribed(self) -> int | None:
        """The fullest adjacency of those which asks have a part in."""
        filling = self.filling
        found = [
            arc
            for arc, mbit in sorted(filling.load.items())
            if filling.use(arc) > FULL and mbit - filling.base[arc] > _NOTHING
        ]
        return max(found, key=filling.use, default=None)

    def _to_go(self, arc: int) -> int:
        """The smallest ask without which there is room, else the one that takes the most."""
        filling = self.filling
        excess = filling.load[arc] - filling.capacities[arc]
        on_it = {
            demand: filling.sizes[demand] * part
            for demand, way in enumerate(filling.chosen)
            if (part := filling.shares(way).get(arc, 0.0))
        }
        enough = [demand for demand, mbit in on_it.items() if mbit >= excess - _NOTHING]
        if enough:
            return min(enough, key=lambda demand: (filling.sizes[demand], -demand))
        return max(on_it, key=lambda demand: (on_it[demand], demand))

    def routes(self) -> dict[Ask, Route | None]:
        """By ask; None for those that were left out."""
        ways = zip(self.wanted, self._own, self.filling.chosen, strict=True)
        return {one.ask: self._route(one, own, way) if way else None for one, own, way in ways}

    def _route(self, one: Wanted, own: Way, way: Way) -> Route:
        if way == own:
            return one.route
        return route_of(self._routing, one.ask, way, self.filling.shares(way))


def place_together(
    routing: Routing,
    wanted: Sequence[Wanted],
    load: Load,
    standing: Standing,
    quick: bool = False,
) -> dict[Ask, Route | None]:
    """Routes by ask. Where there is not room for all, strict ones come before best effort; None for
    a strict one without room beside the others.

    `quick`: where there are many, those that stand stay, if there is room for the others as well.
    """
    every = Placing(routing, wanted, load, standing)
    if quick and every.run_quickly():
        return every.routes()
    if every.run() <= FULL:
        return every.routes()
    strict = Placing(routing, [w for w in wanted if w.ask.intent.strict], load, standing)
    if strict.run() > FULL:
        strict.leave_out()
    found = strict.routes()
    taken = [(route, ask.bandwidth_mbit) for ask, route in found.items() if route]
    load = with_routes(load, routing, taken)
    others = Placing(routing, [w for w in wanted if not w.ask.intent.strict], load, standing)
    others.run()
    return {**found, **others.routes()}
