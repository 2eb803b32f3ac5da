"""Intents pair by pair: status, path, segments, cost, backup; for people and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

from testbed.engine.compute.spf import Routing
from testbed.engine.decide.ask import Overruled
from testbed.engine.decide.choose import weight_of
from testbed.engine.decide.decide import Decided
from testbed.engine.decide.detour import Way, route_of
from testbed.engine.decide.route import Route
from testbed.lab.te.detours import Guard, detour_name
from testbed.lab.te.engine import Planned
from testbed.lab.te.live import Lists, Received
from testbed.lab.te.store import Kept
from testbed.lab.te.words import UNITS, cost_words
from testbed.report.tables import Column
from testbed.srpolicy.files.change import PolicyChange
from testbed.te.paths import spelled

COLUMNS = [
    Column("intent"),
    Column("from"),
    Column("to"),
    Column("family"),
    Column("status"),
    Column("path", prose=True),
    Column("segments", prose=True),
    Column("cost", rank=1),
    Column("backup", prose=True, rank=2),
    Column("why", prose=True),
    Column("origin", rank=3),
]
Status = Literal["Satisfied", "Degraded", "Unsatisfiable", "Overruled"]
Origin = Literal["te apply", "object", "policy"]


@dataclass(frozen=True)
class IntentRow:
    """An intent for one pair of nodes.

    `path`: one of the paths of least cost, `paths_are_equal` if there are more. `cost` is in
    `unit`: metric, microseconds or links. `announced`: the injector has just this. `arrived`: the
    head end has it too; None while it reports nothing. `origin`: who gave the intent to the lab; an
    object is one of the API server; a policy is one of people that asks for detours, and no intent.
    """

    intent: str
    head_end: str
    endpoint: str
    families: tuple[int, ...]
    status: Status
    why: str
    path: tuple[str, ...] = ()
    paths_are_equal: bool = False
    segments: tuple[str, ...] = ()
    cost: int | None = None
    unit: str = ""
    cost_words: str = ""
    backup: tuple[str, ...] = ()
    backup_segments: tuple[str, ...] = ()
    announced: bool = False
    arrived: bool | None = None
    origin: Origin = "te apply"

    def to_json(self) -> dict[str, object]:
        """Its keys are stable."""
        return asdict(self)

    def cells(self) -> list[str]:
        """For COLUMNS."""
        more = " (and others of equal cost)" if self.paths_are_equal else ""
        stale = "" if self.announced or not self.path else "not announced: testbed te apply"
        if self.announced and self.arrived is False:
            stale = f"{self.head_end} does not have it: testbed status"
        return [
            self.intent,
            self.head_end,
            self.endpoint,
            ", ".join(f"IPv{family}" for family in self.families),
            self.status,
            spelled(self.path) + more,
            spelled(self.segments),
            self.cost_words,
            spelled(self.backup),
            "; ".join(filter(None, (self.why, stale))),
            self.origin,
        ]


def intent_rows(planned: Planned) -> list[IntentRow]:
    """In the order of their names and pairs."""
    same = {step.policy for step in planned.delivery.steps if step.what == "unchanged"}
    changes = {change.name: change for change in planned.changes}
    rows = [_row(one, same, changes, planned.live.received) for one in planned.decision.decided]
    rows += [_overruled(one) for one in planned.decision.overruled]
    told = [replace(row, origin=origin_of(planned.kept, row.intent)) for row in rows]
    routing = planned.decision.routing
    told += [_of_guard(one, routing, same, planned.live.received) for one in planned.guards]
    return sorted(told, key=lambda r: (r.intent, r.head_end, r.endpoint, r.families))


def origin_of(kept: Kept, intent: str) -> Origin:
    """Who gave it to the lab."""
    return "object" if intent in kept.objects else "te apply"


def _row(
    one: Decided,
    same: set[str],
    changes: Mapping[str, PolicyChange],
    received: Mapping[str, Received],
) -> IntentRow:
    ask, route, weight = one.ask, one.primary, weight_of(one.ask)
    named = f"{ask.intent.name}.{ask.source}.{ask.target}"
    wanted = {f"{named}.v{family}" for family in ask.families}
    if one.backup:
        wanted |= {f"{name}.backup" for name in wanted}
    return IntentRow(
        intent=ask.intent.name,
        head_end=ask.source,
        endpoint=ask.target,
        families=ask.families,
        status=one.status,
        why=one.reason,
        path=route.nodes if route else (),
        paths_are_equal=route is not None and len(route.adjacencies) > len(set(route.path)),
        segments=segment_words(route),
        cost=route.cost if route else None,
        unit=UNITS[weight] if route else "",
        cost_words=cost_words(route.cost, weight) if route else "",
        backup=one.backup.nodes if one.backup else (),
        backup_segments=segment_words(one.backup),
        announced=route is not None and wanted <= same,
        arrived=_arrived(received.get(ask.source), [changes.get(name) for name in wanted])
        if route
        else None,
    )


def _of_guard(
    guard: Guard, routing: Routing, same: set[str], received: Mapping[str, Received]
) -> IntentRow:
    """Its own lists are announced by people, and arrive or not as `policy list` says."""
    one, route = guard.guarded, route_of(routing, guard.guarded.head_end, guard.way.segments)
    row = IntentRow(
        intent=one.policy,
        head_end=one.head_end,
        endpoint=one.endpoint,
        families=(one.family,),
        status=status_of(guard),
        why=guard.why,
        announced=not guard.detoured or detour_name(one) in same,
        origin="policy",
    )
    if guard.idle or route is None:
        return row
    return replace(
        row,
        path=route.nodes,
        segments=segment_words(route),
        cost=route.cost,
        unit=UNITS["igp"],
        cost_words=cost_words(route.cost, "igp"),
        arrived=_lists_of(guard.way) in received[one.head_end].values()
        if one.head_end in received
        else None,
    )


def status_of(guard: Guard) -> Status:
    """Of a protected policy, in the words for intents."""
    if guard.idle:
        return "Overruled"
    if guard.lost:
        return "Unsatisfiable"
    return "Degraded" if guard.detoured else "Satisfied"


def _lists_of(way: Way) -> Lists:
    return tuple(tuple(map(str, item.sids)) for item in way.lists)


def _arrived(received: Received | None, wanted: Iterable[PolicyChange | None]) -> bool | None:
    """Has a head end these policies, as they are wanted now?"""
    if received is None:
        return None
    return all(one is not None and received.get(one.policy) == _lists(one) for one in wanted)


def _lists(change: PolicyChange) -> Lists:
    lists = change.candidate.segment_lists if change.candidate else ()
    return tuple(tuple(str(segment.sid) for segment in one.segments) for one in lists)


def segment_words(route: Route | None) -> tuple[str, ...]:
    """Its segments by name."""
    return tuple(map(str, route.segments)) if route else ()


def _overruled(one: Overruled) -> IntentRow:
    why = f"{one.by} names more of its ends"
    return IntentRow(one.intent, one.source, one.target, (one.family,), "Overruled", why)
