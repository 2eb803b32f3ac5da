"""Finds the node and the behaviour of an address, and the nearest known one for a typo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address

from testbed.plan.model import LocalSids, Node, Plan, Port, Role
from testbed.srpolicy.model import Candidate
from testbed.srpolicy.stitching import Bound

CLOSE = 0.6  # difflib's similarity from which a suggestion helps


class Kind(str, Enum):
    """What an address does as a segment (RFC 8986)."""

    END = "End"  # a router's loopback
    INTERFACE = "End (interface address)"
    NODE = "End (cluster node)"
    END_X = "End.X"  # a router's SID of one adjacency
    DT4 = "End.DT4"
    DT6 = "End.DT6"
    UNPACK4 = "End.DX4 (local repair)"  # a router's, behind a repair list
    UNPACK6 = "End.DT6 (local repair)"
    BINDING = "End.B6.Encaps"  # a head end's binding SID of one policy
    HOST = "none (host)"


@dataclass(frozen=True)
class Owned:
    """An address of the lab."""

    address: IPv6Address
    node: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.address} ({self.node}{_describe_kind(self.kind)})"


UNPACKING = {4: Kind.UNPACK4, 6: Kind.UNPACK6}
# What is not an address of a node itself: SIDs of routers, and of cluster nodes.
ROUTER_SIDS = (Kind.END_X, *UNPACKING.values())
SIDS = (*ROUTER_SIDS, Kind.DT4, Kind.DT6, Kind.BINDING)


def _describe_kind(kind: Kind) -> str:
    return f" {kind.value}" if kind in SIDS else ""


FAMILY_OF_KIND = {Kind.DT4: 4, Kind.DT6: 6, Kind.UNPACK4: 4, Kind.UNPACK6: 6}


class Owners:
    """Every IPv6 address that a policy may name. `local_sids` replaces those of the plan.

    `policies`: those that may be entered by their binding SIDs.
    """

    def __init__(
        self,
        plan: Plan,
        local_sids: Mapping[str, LocalSids] | None = None,
        policies: Iterable[Candidate] = (),
    ) -> None:
        self.plan = plan
        self.bound: dict[IPv6Address, list[Candidate]] = {}
        for policy in policies:
            if policy.binding_sid is not None and self.binds(policy) is not None:
                self.bound.setdefault(policy.binding_sid, []).append(policy)
        pinned = {n.name: n.cluster.local_sids for n in plan.cluster if n.cluster}
        self.local_sids = pinned | dict(local_sids or {})
        self.by_address = {owned.address: owned for owned in self._list_owned()}

    def get(self, address: IPv6Address) -> Owned | None:
        """The owner of the address, or None."""
        return self.by_address.get(address)

    def endpoint(self, address: IPv6Address) -> Node | None:
        """The cluster node with this node address, or None."""
        owned = self.get(address)
        if owned is None or owned.kind is not Kind.NODE:
            return None
        return self.plan.node(owned.node)

    def pool_of(self, address: IPv6Address) -> Node | None:
        """The cluster node in whose SID pool the address lies, or None."""
        for node in self.plan.cluster:
            if node.cluster and address in node.cluster.sid_pool:
                return node
        return None

    def binds(self, policy: Candidate) -> Node | None:
        """The head end of the policy to which its binding SID is routed, or None."""
        node = self.pool_of(policy.binding_sid) if policy.binding_sid else None
        if node is None or self.plan.address_v6(node.name) == policy.endpoint:
            return None
        return node if not policy.head_ends or node.name in policy.head_ends else None

    @cached_property
    def bound_lists(self) -> Bound:
        """What each binding SID may lead into."""
        return {
            sid: frozenset(item for policy in policies for item in policy.segment_lists)
            for sid, policies in self.bound.items()
        }

    def local_sid(self, node: str, family: int) -> IPv6Address | None:
        """The node's SID for IPv4 (End.DT4) or IPv6 (End.DT6) traffic."""
        sids = self.local_sids.get(node)
        if sids is None:
            return None
        return sids.dt4 if family == 4 else sids.dt6

    def of_kind(self, *kinds: Kind) -> list[Owned]:
        """All addresses of these kinds, in plan order."""
        return [owned for owned in self.by_address.values() if owned.kind in kinds]

    def closest(self, address: IPv6Address, *kinds: Kind) -> str | None:
        """`did you mean fcff:6::1 (r6)?`, or None if nothing is near."""
        among = {str(owned.address): owned for owned in self.of_kind(*kinds)}
        near = get_close_matches(str(address), among, n=1, cutoff=CLOSE)
        return f"did you mean {among[near[0]]}?" if near else None

    def _list_owned(self) -> Iterable[Owned]:
        # Later entries win: a node's own address counts as that, not as an interface's.
        for sid in self.bound:
            head_end = self.pool_of(sid)
            if head_end is not None:
                yield Owned(sid, head_end.name, Kind.BINDING)
        for port in self.plan.ports:
            yield from self._owned_by_port(port)
        for router in self.plan.routers:
            yield from _owned(router.more_loopbacks, router.name, Kind.INTERFACE)
            if router.loopback_v6 is not None:
                yield Owned(router.loopback_v6, router.name, Kind.END)
        for sid, (port, _) in self.plan.adjacencies.items():
            yield Owned(sid, port.node, Kind.END_X)
        for sid, (name, version) in self.plan.unpacking_sids.items():
            yield Owned(sid, name, UNPACKING[version])
        for node, sids in self.local_sids.items():
            yield Owned(sids.dt4, node, Kind.DT4)
            yield Owned(sids.dt6, node, Kind.DT6)

    def _owned_by_port(self, port: Port) -> Iterable[Owned]:
        kind = _port_kind(self.plan.node(port.node))
        # a policy's endpoint is a cluster node's own address, none of its further ones
        further = Kind.INTERFACE if kind is Kind.NODE else kind
        yield from _owned((x.ip for x in port.more), port.node, further)
        if port.v6 is not None:
            yield Owned(port.v6.ip, port.node, kind)


def _owned(
    addresses: Iterable[IPv4Address | IPv6Address], node: str, kind: Kind
) -> Iterable[Owned]:
    for address in addresses:
        if isinstance(address, IPv6Address):
            yield Owned(address, node, kind)


def _port_kind(node: Node) -> Kind:
    if node.role is Role.ROUTER:
        return Kind.INTERFACE
    return Kind.NODE if node.role is Role.CLUSTER else Kind.HOST


def closest_name(name: str, names: Iterable[str]) -> str | None:
    """`did you mean worker1?`, or None if nothing is near."""
    near = get_close_matches(name, list(names), n=1, cutoff=CLOSE)
    return f"did you mean {near[0]}?" if near else None
