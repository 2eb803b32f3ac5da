"""Two routes between the same ends with nothing in common, found whenever there are two."""

from __future__ import annotations

from dataclasses import replace

from testbed.engine.compute.constraints import Constraints
from testbed.engine.compute.disjoint import Disjoint, NoPair, disjoint_pair
from testbed.engine.compute.weights import Path
from testbed.engine.decide.ask import Ask
from testbed.engine.decide.choose import Terrain, along, weight_of
from testbed.engine.decide.route import Route


def joint_routes(
    terrain: Terrain, ask: Ask, constraints: Constraints, apart: Disjoint
) -> tuple[Route, Route] | None:
    """The two that cost the least together, the cheaper one first; None if lists do not allow."""
    ends = _edge(terrain, ask)
    pair = _between(terrain, ask, constraints, apart, ends)
    if ends is None or pair is None or isinstance(pair, NoPair):
        return None
    leave, arrive = ends
    one, other = (along(terrain, ask, (*leave, *path, *arrive)) for path in pair)
    return (one, other) if isinstance(one, Route) and isinstance(other, Route) else None


def why_no_two(terrain: Terrain, ask: Ask, constraints: Constraints) -> str:
    """Why no two routes are without a common link, in words."""
    ends = _edge(terrain, ask)
    if ends is None:
        return "both ends are on one router"
    found = _between(terrain, ask, constraints, "link", ends)
    if isinstance(found, NoPair) and found.shared:
        return f"every path uses {', '.join(found.shared)}"
    return "none within the constraints has no link in common"


def _between(
    terrain: Terrain,
    ask: Ask,
    constraints: Constraints,
    apart: Disjoint,
    ends: tuple[Path, Path] | None,
) -> tuple[Path, Path] | NoPair | None:
    """Between the routers of the two ends, each of which has one link only."""
    if ends is None or not constraints.only_filter:
        return None
    leave, arrive = ends
    inner = replace(constraints, avoid_nodes=constraints.avoid_nodes | {ask.source, ask.target})
    first, last = leave[-1].head, arrive[0].tail
    return disjoint_pair(terrain.network, first, last, apart, inner, weight_of(ask))


def _edge(terrain: Terrain, ask: Ask) -> tuple[Path, Path] | None:
    """The one link of each end; None if both lead to one router, or an end has none or others."""
    out = terrain.network.outgoing
    leave, back = out.get(ask.source, ()), out.get(ask.target, ())
    if len(leave) != 1 or len(back) != 1 or leave[0].head == back[0].head:
        return None
    arrive = tuple(a for a in out[back[0].head] if (a.head, a.link) == (ask.target, back[0].link))
    return (leave, arrive) if arrive else None
