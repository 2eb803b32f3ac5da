"""The network as IS-IS says it is, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from testbed.engine.linkstate.compare import Difference, differences
from testbed.engine.linkstate.state import LinkState
from testbed.plan.model import Plan
from testbed.report.tables import Column

NODE_COLUMNS = [
    Column("router"),
    Column("LSP age at most"),
    Column("links"),
    Column("prefixes", rank=1),
]


@dataclass(frozen=True)
class LiveNode:
    """A router, seconds since its LSP was made (at most), its overload bit, what it announces."""

    name: str
    age: int
    overload: bool
    prefixes: tuple[str, ...]


@dataclass(frozen=True)
class LiveAdjacency:
    """One direction of a link; delay in microseconds, capacity in Mbit/s if it is limited."""

    tail: str
    head: str
    link: str
    metric: int
    delay_us: int
    capacity_mbit: float | None
    affinity: tuple[str, ...]
    srlg: tuple[str, ...]


@dataclass(frozen=True)
class LiveTopology:
    """What one router's link-state database holds, and what differs from the plan."""

    router: str
    nodes: tuple[LiveNode, ...]
    adjacencies: tuple[LiveAdjacency, ...]
    differences: tuple[Difference, ...]

    def to_dict(self) -> dict[str, object]:
        """As a JSON object; its keys are stable."""
        return asdict(self)

    def rows(self) -> list[list[str]]:
        """A row per router, for NODE_COLUMNS."""
        return [
            [
                node.name + (" (overloaded)" if node.overload else ""),
                f"{node.age} s",
                ", ".join(f"{a.head} {a.metric}" for a in self.adjacencies if a.tail == node.name),
                str(len(node.prefixes)),
            ]
            for node in self.nodes
        ]


def live_topology(plan: Plan, router: str, state: LinkState) -> LiveTopology:
    """The state as that router has it, beside the plan."""
    nodes = (
        LiveNode(
            name,
            state.ages[name],
            name in state.network.overloaded,
            tuple(map(str, state.prefixes[name])),
        )
        for name in state.network.outgoing
    )
    adjacencies = (
        LiveAdjacency(
            a.tail,
            a.head,
            a.link,
            a.metric,
            a.delay_us,
            a.capacity_mbit,
            tuple(sorted(a.affinity)),
            tuple(sorted(a.srlg)),
        )
        for tail in state.network.outgoing.values()
        for a in tail
    )
    found = tuple(differences(plan, state))
    return LiveTopology(router, tuple(nodes), tuple(adjacencies), found)
