"""What of a plan intents are decided with, besides the network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from testbed import usid
from testbed.engine.from_plan import link_names
from testbed.engine.intents.model import Intent
from testbed.plan.model import Encoding, Plan


@dataclass(frozen=True)
class Setting:
    """`ends`: cluster nodes and their place; `families`: those of which there are pods;
    `link_names`: the network's name of a link by either end's interface; `encoding`: of intents
    that name none; `micro_ends`: those whose local SIDs are micro SIDs."""

    ends: Mapping[str, int]
    families: Collection[int]
    routers: frozenset[str]
    link_names: Mapping[str, str]
    max_segments: int
    encoding: Encoding = "srh"
    micro_ends: frozenset[str] = frozenset()

    def encoding_of(self, intent: Intent) -> Encoding:
        """How its lists are written."""
        return intent.encoding or self.encoding

    def most_segments(self, intent: Intent, endpoint: str) -> int:
        """Segments at most: SIDs, or what is compressed into so many addresses."""
        own = intent.max_segments
        most = self.max_segments if own is None else min(own, self.max_segments)
        if self.encoding_of(intent) == "srh":
            return most
        return usid.most_segments(most, endpoint in self.micro_ends)


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
        encoding=plan.encoding,
        micro_ends=frozenset(
            node.name
            for node in plan.cluster
            if node.cluster and usid.is_micro_sid(node.cluster.local_sids.dt4)
        ),
    )
