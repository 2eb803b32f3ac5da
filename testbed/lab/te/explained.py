"""An intent explained: its path, the next best, what constraints cost, the list step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from testbed.engine.compute.constraints import Constraint
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Weight
from testbed.engine.decide.choose import weight_of
from testbed.engine.decide.decide import Decided, Decision
from testbed.engine.decide.encoding import Leg, legs
from testbed.engine.decide.next_best import Costed, Price, next_best, prices
from testbed.engine.decide.policies import sid_of
from testbed.engine.decide.route import Route
from testbed.engine.decide.why_here import Fullest, why_here
from testbed.engine.segments.segment import AdjacencySegment
from testbed.lab.te.engine import Planned
from testbed.lab.te.listing import Origin, origin_of
from testbed.lab.te.words import UNITS, cost_words
from testbed.plan.model import Plan
from testbed.te.paths import spelled


@dataclass(frozen=True)
class CostedPath:
    """A path, and its cost in the unit of the explanation."""

    path: tuple[str, ...]
    cost: int


@dataclass(frozen=True)
class ExplainedConstraint:
    """What a constraint rules out by itself, and the best path without it (None: none)."""

    constraint: str
    links: tuple[str, ...]
    without: CostedPath | None


@dataclass(frozen=True)
class ExplainedSegment:
    """A segment: SID (that of the endpoint depends on the family), behaviour, where it leads.

    `without`: the link that packets could also take if it were left out.
    """

    sid: str | None
    name: str
    behaviour: str
    paths: tuple[tuple[str, ...], ...]
    without: str | None


@dataclass(frozen=True)
class FullLink:
    """One direction of a link, and the part of its capacity that is used."""

    link: str
    tail: str
    head: str
    utilisation: float

    def __str__(self) -> str:
        return f"{self.tail} → {self.head}"


@dataclass(frozen=True)
class ExplainedPlacement:
    """Of an intent with a bandwidth, in Mbit/s of all its families: the fullest link of its path.

    `by_itself`: the path that it would take alone, where it takes another one (None: the same), and
    what that would fill most.
    """

    bandwidth: float
    fullest: FullLink | None
    by_itself: CostedPath | None
    would_fill: FullLink | None


@dataclass(frozen=True)
class ExplainedIntent:
    """One intent for one pair of nodes. Costs are in `unit`: metric, microseconds or links.

    `placement`: None of an intent that is not placed with others.
    """

    intent: str
    head_end: str
    endpoint: str
    families: tuple[int, ...]
    optimise: str
    status: str
    why: str
    unit: str
    path: CostedPath | None
    next_best: CostedPath | None
    constraints: tuple[ExplainedConstraint, ...]
    segments: tuple[ExplainedSegment, ...]
    backup: CostedPath | None
    backup_segments: tuple[ExplainedSegment, ...]
    apart: str | None
    origin: Origin
    placement: ExplainedPlacement | None = None

    def to_json(self) -> dict[str, object]:
        """Its keys are stable."""
        return asdict(self)


def explain_intent(plan: Plan, planned: Planned, name: str) -> list[ExplainedIntent]:
    """All pairs of nodes of one intent."""
    origin = origin_of(planned.kept, name)
    mine = (one for one in planned.decision.decided if one.ask.intent.name == name)
    return [_explain(plan, planned.decision, one, origin) for one in mine]


def _explain(plan: Plan, decision: Decision, one: Decided, origin: Origin) -> ExplainedIntent:
    routing = decision.routing
    ask, terrain, labels = one.ask, one.terrain, one.labels or {}
    after = None
    if terrain is not None and one.primary is not None:
        after = next_best(terrain, ask, one.constraints, one.primary)
    costs = prices(terrain, ask, one.constraints) if terrain is not None else []
    return ExplainedIntent(
        intent=ask.intent.name,
        head_end=ask.source,
        endpoint=ask.target,
        families=ask.families,
        optimise=ask.intent.optimise,
        status=one.status,
        why=one.reason,
        unit=UNITS[weight_of(ask)],
        path=_of_route(one.primary),
        next_best=_of_costed(after),
        constraints=tuple(_of_price(price, labels) for price in costs),
        segments=_segments(plan, routing, one.primary),
        backup=_of_route(one.backup),
        backup_segments=_segments(plan, routing, one.backup),
        apart=one.apart,
        origin=origin,
        placement=_placement(decision, one),
    )


def _placement(decision: Decision, one: Decided) -> ExplainedPlacement | None:
    why = why_here(decision, one)
    if why is None:
        return None
    mbit, own = one.ask.bandwidth_mbit, _of_route(why.by_itself)
    return ExplainedPlacement(mbit, _full_link(why.fullest), own, _full_link(why.would_fill))


def _full_link(found: Fullest | None) -> FullLink | None:
    if found is None:
        return None
    tail, head, link = found.adjacency
    return FullLink(link, tail, head, round(found.utilisation, 6))


def _of_route(route: Route | None) -> CostedPath | None:
    return CostedPath(route.nodes, route.cost) if route else None


def _of_costed(found: Costed | None) -> CostedPath | None:
    if found is None:
        return None
    nodes = (found.path[0].tail, *(adjacency.head for adjacency in found.path))
    return CostedPath(nodes, found.cost)


def _of_price(price: Price, labels: Mapping[Constraint, str]) -> ExplainedConstraint:
    words = str(price.constraint)
    if price.constraint in labels:
        words += f" ({labels[price.constraint]})"
    return ExplainedConstraint(words, price.links, _of_costed(price.without))


def _segments(plan: Plan, routing: Routing, route: Route | None) -> tuple[ExplainedSegment, ...]:
    if route is None:
        return ()
    steps = legs(routing, route)
    waypoints = [_segment(leg, str(sid_of(plan, leg.segment))) for leg in steps[:-1]]
    return (*waypoints, _segment(steps[-1], None))


def _segment(leg: Leg, sid: str | None) -> ExplainedSegment:
    is_link = isinstance(leg.segment, AdjacencySegment)
    behaviour = "End.DT4 or End.DT6" if sid is None else "End.X" if is_link else "End"
    return ExplainedSegment(sid, str(leg.segment), behaviour, leg.paths, leg.without)


_WEIGHTS: dict[str, Weight] = {unit: weight for weight, unit in UNITS.items()}


def explained_text(one: ExplainedIntent) -> str:
    """For a terminal, without a final newline."""
    return "\n".join(_lines(one))


def _lines(one: ExplainedIntent) -> Iterator[str]:
    versions = ", ".join(f"IPv{family}" for family in one.families)
    yield f"{one.intent}: {one.head_end} → {one.endpoint}, {versions}: {one.status}"
    if one.origin == "object":
        yield f"  an object of the API server: testbed kubectl get intent {one.intent}"
    if one.why:
        yield f"  {one.why}"
    if one.path is not None:
        yield f"  path      {_costed(one, one.path)}"
        yield f"  next best {_lost(one, one.path)}"
    if one.placement is not None:
        yield from _placement_lines(one, one.placement)
    for constraint in one.constraints:
        yield f"  {constraint.constraint}: {_describe(one, constraint)}"
    yield from _list_lines("segments", one.segments)
    if one.backup is not None:
        yield f"  backup    {_costed(one, one.backup)}, {one.apart}-disjoint"
        yield from _list_lines("its segments", one.backup_segments)


def _costed(one: ExplainedIntent, path: CostedPath) -> str:
    return f"{spelled(path.path)}, {cost_words(path.cost, _WEIGHTS[one.unit])}"


def _lost(one: ExplainedIntent, path: CostedPath) -> str:
    if one.next_best is None:
        return "none: no other path keeps to the constraints"
    more = one.next_best.cost - path.cost
    words = cost_words(abs(more), _WEIGHTS[one.unit])
    why = f"{words} more" if more > 0 else f"{words} less, but less spare" if more else "as good"
    return f"{_costed(one, one.next_best)}: {why}"


def _placement_lines(one: ExplainedIntent, placement: ExplainedPlacement) -> Iterator[str]:
    fullest = placement.fullest
    rest = f", its fullest link {fullest} is {fullest.utilisation:.0%} full" if fullest else ""
    yield f"  bandwidth {placement.bandwidth:g} Mbit/s{rest}"
    if placement.by_itself is not None:
        fills = placement.would_fill
        why = f": would fill {fills} to {fills.utilisation:.0%}" if fills else ""
        yield f"  alone     {_costed(one, placement.by_itself)}{why}"


def _describe(one: ExplainedIntent, constraint: ExplainedConstraint) -> str:
    links = f"rules out {', '.join(constraint.links)}" if constraint.links else "rules out no link"
    if constraint.without is None:
        return f"{links}; without it there is no path either"
    if one.path is not None and constraint.without.cost == one.path.cost:
        return f"{links}; costs nothing"
    return f"{links}; without it {_costed(one, constraint.without)}"


def _list_lines(title: str, segments: tuple[ExplainedSegment, ...]) -> Iterator[str]:
    if segments:
        yield f"  {title}"
    for number, segment in enumerate(segments, 1):
        sid = segment.sid or "the endpoint's SID"
        yield f"  {number}. {segment.name}, {segment.behaviour}, {sid}"
        yield from (f"       {spelled(path)}" for path in segment.paths)
        if segment.without:
            yield f"       without it, packets would also take {segment.without}"
