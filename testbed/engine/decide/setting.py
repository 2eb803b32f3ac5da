"""What of a plan intents are decided with, besides the network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from testbed.engine.from_plan import link_names
from testbed.plan.model import Plan


@dataclass(frozen=True)
class Setting:
    """`ends`: cluster nodes and their place; `families`: those of which there are pods;
    `link_names`: the network's name of a link by either end's interface."""

    ends: Mapping[str, int]
    families: Collection[int]
    routers: frozenset[str]
    link_names: Mapping[str, str]
    max_segments: int


def setting_of(plan: Plan) -> Setting:
    """That of a plan."""
    pools = {4: plan.pools.pods_v4, 6: plan.pools.pods_v6}
    names = link_names(plan)
    other_ends = {link.b.interface: name for link, name in names.items()}
    return Setting(
        ends={node.name: place for place, node in enumerate(plan.cluster)},
        families=[family for family, pool in pools.items() if pool is not None],
        routers=plan.router_names,
        link_names={**other_ends, **{name: name for name in names.values()}},
        max_segments=plan.max_segments,
    )
