"""From what an agent says it has chosen to what a proof of path must see.

An expectation names segment endpoints seen in the SRH with falling segments left, never nodes
that are merely crossed: where paths of equal cost exist, crossing a node proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from ipaddress import IPv6Address
from typing import Any

from testbed.plan.model import LocalSids, Plan
from testbed.te.owners import Owners
from testbed.te.paths import Paths, legs_of, whole_paths

BEST_EFFORT = "best-effort"


@dataclass(frozen=True)
class ExpectedList:
    """One of the segment lists among which the head end shares traffic."""

    weight: int
    segments: tuple[IPv6Address, ...]  # in order of visit
    endpoints: tuple[str | None, ...]  # their owners; None: nobody, the packet is lost
    paths: Paths  # nodes crossed, by the plan; any of them is right

    @property
    def srh(self) -> bool:
        """Is there an SRH? Not with a single segment."""
        return len(self.segments) > 1

    @property
    def waypoints(self) -> tuple[str | None, ...]:
        """The endpoints before the egress."""
        return self.endpoints[:-1]

    @property
    def outer_destinations(self) -> tuple[tuple[IPv6Address, int | None], ...]:
        """(outer destination, segments left; None without SRH) in the order of travel."""
        if not self.srh:
            return tuple((sid, None) for sid in self.segments)
        last = len(self.segments) - 1
        return tuple((sid, last - index) for index, sid in enumerate(self.segments))


@dataclass(frozen=True)
class ExpectedPath:
    """What must be seen of traffic of one family from one head end to one endpoint."""

    head_end: str  # encapsulates
    endpoint: str  # decapsulates
    family: int
    source: str  # best-effort, bgp, configmap
    lists: tuple[ExpectedList, ...]  # exactly one of them per packet

    @property
    def is_best_effort(self) -> bool:
        """True if no TE policy is in charge."""
        return self.source == BEST_EFFORT

    def describe(self) -> str:
        """`worker1 → worker2 IPv4 by bgp: r6, r8, then worker2`."""
        ways = " | ".join(_way(item) for item in self.lists)
        return f"{self.head_end} → {self.endpoint} IPv{self.family} by {self.source}: {ways}"

    def to_dict(self) -> dict[str, Any]:
        """Stable JSON; addresses as text."""
        data = asdict(self)
        for item in data["lists"]:
            item["segments"] = [str(sid) for sid in item["segments"]]
        return data


def expected_path(
    plan: Plan,
    status: Mapping[str, Any],
    endpoint: str,
    family: int,
    local_sids: Mapping[str, LocalSids] | None = None,
) -> ExpectedPath | None:
    """What the head end's status.json promises for `endpoint` (a node); None: nothing chosen."""
    address = plan.address_v6(endpoint)
    for policy in status.get("policies", ()):
        if policy.get("chosen") and _steers(policy, address, family):
            return _from_policy(Owners(plan, local_sids), str(status["node"]), endpoint, policy)
    return None


def _from_policy(
    owners: Owners, head_end: str, endpoint: str, policy: Mapping[str, Any]
) -> ExpectedPath:
    return ExpectedPath(
        head_end=head_end,
        endpoint=endpoint,
        family=_family(policy["family"]),
        source=str(policy["source"]),
        lists=tuple(_expected_list(owners, head_end, item) for item in policy["segment_lists"]),
    )


def _expected_list(owners: Owners, head_end: str, item: Mapping[str, Any]) -> ExpectedList:
    sids = tuple(_sid(segment) for segment in item["segments"])
    owned = [owners.get(sid) for sid in sids]
    return ExpectedList(
        weight=int(item.get("weight", 1)),
        segments=sids,
        endpoints=tuple(each.node if each else None for each in owned),
        paths=whole_paths(legs_of(owners, head_end, sids)),
    )


def _steers(policy: Mapping[str, Any], endpoint: IPv6Address, family: int) -> bool:
    return IPv6Address(str(policy["endpoint"])) == endpoint and _family(policy["family"]) == family


def _family(value: object) -> int:
    """4, "4" and "IPv4" alike."""
    return int(str(value)[-1])


def _sid(segment: object) -> IPv6Address:
    """A bare address, or a mapping with `sid`."""
    return IPv6Address(str(segment["sid"] if isinstance(segment, Mapping) else segment))


def _way(item: ExpectedList) -> str:
    names = [name or "?" for name in item.endpoints]
    if len(names) == 1:
        return f"{names[0]} directly, no SRH"
    share = f" (weight {item.weight})" if item.weight != 1 else ""
    return f"{', '.join(names[:-1])}, then {names[-1]}{share}"
