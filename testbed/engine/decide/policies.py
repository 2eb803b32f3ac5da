"""Decided routes as SR Policies: per head end, endpoint and family a primary and a backup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv6Address

from testbed.engine.decide.decide import Decided
from testbed.engine.decide.route import Route
from testbed.engine.from_plan import link_names
from testbed.engine.segments.segment import AdjacencySegment, Segment
from testbed.errors import TestbedError
from testbed.plan.model import LocalSids, Plan
from testbed.srpolicy import model
from testbed.srpolicy.files.change import Lines, PolicyChange
from testbed.srpolicy.model import BEHAVIOR_OF_FAMILY, Candidate

PRIMARY, BACKUP = 200, 150  # preferences
FIRST_COLOR = 1_000_000  # of intents; each has its own


def policies_of(
    plan: Plan,
    decided: Iterable[Decided],
    colors: Mapping[str, int],
    local_sids: Mapping[str, LocalSids],
) -> list[PolicyChange]:
    """What the injector is to announce for them. `colors` by intent, `local_sids` by node now."""
    return [change for one in decided for change in _of_pair(plan, one, colors, local_sids)]


def _of_pair(
    plan: Plan, decided: Decided, colors: Mapping[str, int], local_sids: Mapping[str, LocalSids]
) -> Iterator[PolicyChange]:
    ask = decided.ask
    sids = local_sids.get(ask.target)
    roles = [(decided.primary, PRIMARY, ""), (decided.backup, BACKUP, ".backup")]
    for family in ask.families if sids else ():
        for number, (route, preference, suffix) in enumerate(roles):
            if route is None:
                continue
            candidate = Candidate(
                endpoint=plan.address_v6(ask.target),
                segment_lists=(_segment_list(plan, route, family, sids),),
                color=colors[ask.intent.name],
                distinguisher=_distinguisher(plan, ask.source, family, number),
                preference=preference,
                head_ends=(ask.source,),
            )
            name = f"{ask.intent.name}.{ask.source}.{ask.target}.v{family}{suffix}"
            source = f"intent {ask.intent.name}"
            yield PolicyChange(candidate.key, candidate, source, Lines(1, 1), name)


def _distinguisher(plan: Plan, source: str, family: int, role: int) -> int:
    """Of one colour and endpoint, another one for each head end, family and role."""
    place = [node.name for node in plan.cluster].index(source)
    return place * 4 + (family == 6) * 2 + role + 1


def _segment_list(
    plan: Plan, route: Route, family: int, sids: LocalSids | None
) -> model.SegmentList:
    """The last segment is the endpoint's SID for the family, in place of its node's."""
    assert sids is not None
    waypoints = [model.Segment(sid_of(plan, segment)) for segment in route.segments[:-1]]
    last = sids.dt4 if family == 4 else sids.dt6
    return model.SegmentList((*waypoints, model.Segment(last, BEHAVIOR_OF_FAMILY[family])))


def segment_names(plan: Plan) -> dict[IPv6Address, str]:
    """The names of all waypoints' segments, by SID: the reverse of `sid_of`."""
    links = {port: name for x, name in link_names(plan).items() for port in (x.a, x.b)}
    found = {plan.address_v6(router.name): router.name for router in plan.routers}
    for sid, (own, other) in plan.adjacencies.items():
        found[sid] = f"{own.node}>{other.node}({links[own]})"
    return found


def sid_of(plan: Plan, segment: Segment) -> IPv6Address:
    """The SID of a waypoint. Raises TestbedError for an adjacency that the plan does not have."""
    if not isinstance(segment, AdjacencySegment):
        return plan.address_v6(segment.node)
    adjacency = segment.adjacency
    names = {adjacency.link, adjacency.link.rpartition(":")[2]}
    ends = adjacency.tail, adjacency.head
    for sid, (own, other) in plan.adjacencies.items():
        if (own.node, other.node) == ends and names & {own.interface, other.interface}:
            return sid
    raise TestbedError(f"{segment} has no SID", why="the plan has no such link")
