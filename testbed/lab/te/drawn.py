"""The lab's intents for a drawing: their paths in colour, their backups, and sentences on both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from testbed.engine.decide.decide import Decided
from testbed.engine.decide.route import Route
from testbed.engine.segments.segment import NodeSegment
from testbed.lab.te import store
from testbed.lab.te.engine import planned, require_known
from testbed.plan.model import Plan
from testbed.report.graph.highlight import Highlight
from testbed.report.graph.style import TE_PATHS
from testbed.te.paths import spelled

MOST = len(TE_PATHS)  # intents that a drawing tells apart


@dataclass(frozen=True)
class DrawnIntents:
    """A highlight and a sentence or more for each, and how many intents were left out."""

    highlights: tuple[Highlight, ...] = ()
    sentences: tuple[str, ...] = ()
    left_out: int = 0


def drawn_intents(plan: Plan, names: Sequence[str]) -> DrawnIntents:
    """Of the intents named, or else of the first. Raises TestbedError for one that is not there.

    Raises CheckFailed if no router tells what the network is now.
    """
    kept = store.read(plan) if plan.injectors else store.NOTHING
    require_known(kept, names)
    if not kept.intents:
        return DrawnIntents()
    chosen = list(dict.fromkeys(names)) or kept.names[:MOST]
    return drawn(planned(plan, kept).decision.decided, chosen, len(kept.names))


def drawn(decided: Iterable[Decided], chosen: Sequence[str], there_are: int) -> DrawnIntents:
    """What was decided for the chosen intents. Pure."""
    found = list(decided)
    of = {name: [one for one in found if one.ask.intent.name == name] for name in chosen}
    return DrawnIntents(
        tuple(_highlight(name, pairs) for name, pairs in of.items()),
        tuple(_sentence(one) for pairs in of.values() for one in pairs),
        there_are - len(chosen),
    )


def _highlight(name: str, pairs: Sequence[Decided]) -> Highlight:
    primaries = [one.primary for one in pairs if one.primary]
    backups = [one.backup for one in pairs if one.backup]
    ends = {one.ask.target for one in pairs}
    waypoints = (node for route in primaries for node in _nodes_listed(route) if node not in ends)
    first = f"{pairs[0].ask.source} → {pairs[0].ask.target}" if pairs else "no pair of nodes"
    more = f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""
    return Highlight(
        f"intent {name}: {first}{more}",
        _hops(primaries),
        tuple(dict.fromkeys(waypoints)),
        _hops(backups),
    )


def _hops(routes: Iterable[Route]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({(a.tail, a.head) for route in routes for a in route.adjacencies}))


def _nodes_listed(route: Route) -> Iterator[str]:
    return (segment.node for segment in route.segments if isinstance(segment, NodeSegment))


def _sentence(one: Decided) -> str:
    versions = ", ".join(f"IPv{family}" for family in one.ask.families)
    pair = f"{one.ask.intent.name}: {one.ask.source} → {one.ask.target}, {versions}: {one.status}"
    if one.primary is None:
        return f"{pair}, {one.reason}"
    backup = f"; backup {spelled(one.backup.nodes)}" if one.backup else ""
    return f"{pair}, {spelled(one.primary.nodes)}{backup}"
