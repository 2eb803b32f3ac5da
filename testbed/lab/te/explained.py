"""An intent explained: its path, the next best, what constraints cost, the list step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from testbed.engine.compute.constraints import Constraint
from testbed.engine.compute.spf import Routing
from testbed.engine.compute.weights import Weight
from testbed.engine.decide.choose import weight_of
from testbed.engine.decide.decide import Decided, Decision
from testbed.engine.decide.detour import route_of
from testbed.engine.decide.encoding import Leg, legs
from testbed.engine.decide.next_best import Costed, Price, next_best, prices
from testbed.engine.decide.policies import segment_list, sid_of
from testbed.engine.decide.route import Route
from testbed.engine.decide.why_here import Fullest, why_here
from testbed.engine.segments.segment import AdjacencySegment
from testbed.lab.te.detours import Guard
from testbed.lab.te.engine import Planned
from testbed.lab.te.listing import Origin, origin_of, status_of
from testbed.lab.te.words import UNITS, cost_words
from testbed.plan.model import Encoding, LocalSids, Plan
from testbed.plan.mtu import overhead
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
class Compressed:
    """A list in containers of micro SIDs, and the bytes outside of packets: so, and in an SRH."""

    family: int
    addresses: tuple[str, ...]
    overhead: int
    overhead_srh: int


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
    encoding: str
    compressed: tuple[Compressed, ...]
    backup: CostedPath | None
    backup_segments: tuple[ExplainedSegment, ...]
    backup_compressed: tuple[Compressed, ...]
    apart: str | None
    origin: Origin
    placement: ExplainedPlacement | None = None

    def to_json(self) -> dict[str, object]:
        """Its keys are stable."""
        return asdict(self)


def explain_intent(plan: Plan, planned: Planned, name: str) -> list[ExplainedIntent]:
    """All pairs of nodes of one intent, or all head ends of a protected policy."""
    guards = [guard for guard in planned.guards if guard.guarded.policy == name]
    if guards and name not in planned.kept.names:
        return [_of_guard(plan, planned.decision.routing, guard) for guard in guards]
    origin = origin_of(planned.kept, name)
    mine = (one for one in planned.decision.decided if one.ask.intent.name == name)
    sids = planned.live.local_sids
    return [_explain(plan, planned.decision, one, origin, sids) for one in mine]


def _explain(
    plan: Plan,
    decision: Decision,
    one: Decided,
    origin: Origin,
    local_sids: Mapping[str, LocalSids],
) -> ExplainedIntent:
    routing, encoding = decision.routing, one.ask.intent.encoding or plan.encoding
    sids = local_sids.get(one.ask.target) if encoding == "usid" else None
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
        segments=_segments(plan, routing, one.primary, encoding),
        encoding=encoding,
        compressed=_compressed(plan, one.primary, ask.families, sids),
        backup=_of_route(one.backup),
        backup_segments=_segments(plan, routing, one.backup, encoding),
        backup_compressed=_compressed(plan, one.backup, ask.families, sids),
        apart=one.apart,
        origin=origin,
        placement=_placement(decision, one),
    )


def _of_guard(plan: Plan, routing: Routing, guard: Guard) -> ExplainedIntent:
    one = guard.guarded
    route = None if guard.idle else route_of(routing, one.head_end, guard.way.segments)
    return ExplainedIntent(
        intent=one.policy,
        head_end=one.head_end,
        endpoint=one.endpoint,
        families=(one.family,),
        optimise="igp",
        status=status_of(guard),
        why=guard.why,
        unit=UNITS["igp"],
        path=_of_route(route),
        next_best=None,
        constraints=(),
        segments=_segments(plan, routing, route, plan.encoding),
        encoding=plan.encoding,
        compressed=(),
        backup=None,
        backup_segments=(),
        backup_compressed=(),
        apart=None,
        origin="policy",
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


def _compressed(
    plan: Plan, route: Route | None, families: Sequence[int], sids: LocalSids | None
) -> tuple[Compressed, ...]:
    """None for lists that are not, and where nothing is known of the endpoint's SIDs."""
    if route is None or sids is None:
        return ()
    found = [(x, segment_list(plan, route, x, sids, "usid").sids) for x in families]
    return tuple(
        Compressed(x, tuple(map(str, listed)), overhead(len(listed)), overhead(len(route.segments)))
        for x, listed in found
    )


def _segments(
    plan: Plan, routing: Routing, route: Route | None, encoding: Encoding
) -> tuple[ExplainedSegment, ...]:
    if route is None:
        return ()
    steps = legs(routing, route)
    sids = [str(sid_of(plan, leg.segment, encoding)) for leg in steps[:-1]]
    waypoints = [_segment(leg, sid, encoding) for leg, sid in zip(steps, sids, strict=False)]
    return (*waypoints, _segment(steps[-1], None, encoding))


def _segment(leg: Leg, sid: str | None, encoding: Encoding) -> ExplainedSegment:
    end, end_x = ("uN", "uA") if encoding == "usid" else ("End", "End.X")
    is_link = isinstance(leg.segment, AdjacencySegment)
    behaviour = "End.DT4 or End.DT6" if sid is None else end_x if is_link else end
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
    if one.origin == "policy":
        yield "  a policy that asks for detours: testbed policy list"
    if one.why:
        yield f"  {one.why}"
    if one.path is not None:
        yield f"  path      {_costed(one, one.path)}"
    if one.path is not None and one.origin != "policy":
        yield f"  next best {_lost(one, one.path)}"
    if one.placement is not None:
        yield from _placement_lines(one, one.placement)
    for constraint in one.constraints:
        yield f"  {constraint.constraint}: {_describe(one, constraint)}"
    yield from _list_lines("segments", one.segments)
    yield from _compressed_lines(one.compressed)
    if one.backup is not None:
        yield f"  backup    {_costed(one, one.backup)}, {one.apart}-disjoint"
        yield from _list_lines("its segments", one.backup_segments)
        yield from _compressed_lines(one.backup_compressed)


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


def _compressed_lines(found: tuple[Compressed, ...]) -> Iterator[str]:
    """They differ in the endpoint's SID alone."""
    for one in found[:1]:
        saved = f"{one.overhead} bytes outside instead of {one.overhead_srh}"
        yield f"  compressed: {saved}" + (", no SRH" if len(one.addresses) == 1 else "")
    for one in found:
        yield from (f"    IPv{one.family} {address}" for address in one.addresses)


def _list_lines(title: str, segments: tuple[ExplainedSegment, ...]) -> Iterator[str]:
    if segments:
        yield f"  {title}"
    for number, segment in enumerate(segments, 1):
        sid = segment.sid or "the endpoint's SID"
        yield f"  {number}. {segment.name}, {segment.behaviour}, {sid}"
        yield from (f"       {spelled(path)}" for path in segment.paths)
        if segment.without:
            yield f"       without it, packets would also take {segment.without}"
