"""Which pods' packets take which tunnel, and why: from what the agents report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from testbed.agent.contract import DROPPED, LOCAL, PLAIN, SEGMENTS, NodeStatus, PolicyStatus
from testbed.orchestrators.pod import Pod
from testbed.plan.model import Plan
from testbed.report.tables import Column

COLUMNS = [
    Column("head end"),
    Column("endpoint"),
    Column("family"),
    Column("pods", prose=True),
    Column("to pool", prose=True),
    Column("tunnel"),
    Column("segments", prose=True),
    Column("why", rank=1, prose=True),
]
_DROPPED = "all policies are invalid, and one says so (Drop-Upon-Invalid)"
_LEFT = "no policy is chosen: left to the underlay"
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class TunnelUse:
    """A tunnel between two nodes, and whose packets of one family take it.

    `pods`: those of the head end. `prefixes`: where their packets go, in these IPPools (`pools`).
    `tunnel`: the source of the policy, or the overlay's name. `segments`: a list per segment list.
    """

    head_end: str
    endpoint: str
    family: int
    pods: tuple[str, ...]
    pools: tuple[str, ...]
    prefixes: tuple[str, ...]
    tunnel: str
    segments: tuple[tuple[str, ...], ...]
    why: str

    def to_json(self) -> dict[str, object]:
        """The fields as a JSON object."""
        return asdict(self)

    def row(self) -> list[str]:
        """The cells of its columns."""
        return [
            self.head_end,
            self.endpoint,
            f"IPv{self.family}",
            ", ".join(self.pods) or "-",
            ", ".join(self.pools) or "-",
            self.tunnel,
            "\n".join(" → ".join(segments) for segments in self.segments),
            self.why,
        ]


def tunnel_uses(
    plan: Plan,
    statuses: Iterable[NodeStatus],
    pods: Iterable[Pod],
    pools: Mapping[str, Network],
) -> list[TunnelUse]:
    """Every tunnel in use, by head end, endpoint and family."""
    listed = list(pods)
    found = [use for status in statuses for use in _uses_of(plan, status, listed, pools)]
    return sorted(found, key=lambda use: (use.head_end, use.endpoint, use.family, use.tunnel))


def _uses_of(
    plan: Plan, status: NodeStatus, pods: Iterable[Pod], pools: Mapping[str, Network]
) -> Iterator[TunnelUse]:
    """One for all prefixes of an endpoint that are reached alike."""
    ways: dict[tuple[str, int, str], list[Network]] = {}
    for prefix in status.prefixes:
        if prefix.via != LOCAL:
            network = ip_network(prefix.prefix)
            ways.setdefault((prefix.next_hop, network.version, prefix.via), []).append(network)
    names = {str(plan.address_v6(node.name)): node.name for node in plan.cluster}
    for (next_hop, family, via), networks in ways.items():
        policy = status.chosen_policy(next_hop, family) if via == SEGMENTS else None
        yield TunnelUse(
            head_end=status.node,
            endpoint=names.get(next_hop, next_hop),
            family=family,
            pods=tuple(p.name for p in pods if p.node == status.node and p.address(family)),
            pools=tuple(
                name for name, pool in pools.items() if any(_in(n, pool) for n in networks)
            ),
            prefixes=tuple(map(str, networks)),
            tunnel=policy.source if policy else via,
            segments=tuple(one.segments for one in policy.segment_lists) if policy else (),
            why=_explain(policy, via),
        )


def _explain(policy: PolicyStatus | None, via: str) -> str:
    if policy is not None:
        return f"{policy.why}, preference {policy.preference}"
    if via == DROPPED:
        return _DROPPED
    return _LEFT if via in (SEGMENTS, PLAIN) else f"the pool's overlay is {via}"


def _in(network: Network, pool: Network) -> bool:
    return network.version == pool.version and pool.supernet_of(network)  # type: ignore[arg-type]
