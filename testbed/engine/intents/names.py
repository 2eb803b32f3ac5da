"""What intents may name in a plan: nodes, links, affinities, shared risk link groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from testbed.engine.from_plan import link_names
from testbed.object_fields.close import did_you_mean
from testbed.plan.model import Link, Plan, Role

SHOWN = 8  # names that a fix lists
MOST_SUGGESTIONS = 200  # per file: looking for the nearest of a thousand names takes a while


class Names:
    """The names of one plan, each kind in the plan's order."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ends: Mapping[str, int] = {node.name: i for i, node in enumerate(plan.cluster)}
        self._suggested = 0

    @cached_property
    def nodes(self) -> frozenset[str]:
        """Nodes that a path may cross or end at."""
        roles = (Role.ROUTER, Role.CLUSTER)
        return frozenset(node.name for node in self.plan.nodes if node.role in roles)

    @cached_property
    def links(self) -> dict[str, Link]:
        """Links that a path may take, by their name; and by the other end's interface."""
        carrying = {x: n for x, n in link_names(self.plan).items() if self.nodes >= _ends(x)}
        other = {link.b.interface: link for link in carrying}
        return {**other, **{name: link for link, name in carrying.items()}}

    @cached_property
    def affinity(self) -> frozenset[str]:
        return frozenset(name for link in self.plan.links for name in link.te.affinity)

    @cached_property
    def srlg(self) -> frozenset[str]:
        return frozenset(name for link in self.plan.links for name in link.te.srlg)

    def suggest(self, word: str, known: Iterable[str]) -> str:
        """The nearest known name, else the first of them."""
        known = list(known)
        self._suggested += 1
        near = did_you_mean(word, known) if self._suggested <= MOST_SUGGESTIONS else None
        listed = ", ".join(sorted(known)[:SHOWN]) + (", …" if len(known) > SHOWN else "")
        return near or (f"there are: {listed}" if known else "leave it out: there are none")


def _ends(link: Link) -> frozenset[str]:
    return frozenset((link.a.node, link.b.node))
