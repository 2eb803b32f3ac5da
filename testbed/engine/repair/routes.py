"""Backups as routes of a router's kernel, and the SIDs at which repaired packets are unpacked.

Backups lie in a table of their own that is looked at after `main`. As long as `main` has a route
it wins; when a link goes down the kernel takes its routes away, and the next packet finds the
backup. When IS-IS has converged, `main` has a route again.

They do not lie in `main` with a worse metric: zebra would take them for routes of the kernel's own,
prefer them to IS-IS and remove its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Interface, IPv6Network

from testbed.engine.from_plan import link_names
from testbed.engine.linkstate.lsp import Prefix
from testbed.engine.network import Adjacency
from testbed.engine.repair.backups import Backup
from testbed.engine.segments.segment import AdjacencySegment, Segment
from testbed.plan.addressing import decapsulating_sid
from testbed.plan.model import Link, Plan, Port

# Of all that local repair has in a kernel: protocol number of routes and rules, and their table.
# The number is unassigned in iproute2 and not the agents' (testbed.agent.desired.routes).
PROTOCOL = TABLE = 203
PREFERENCE = 40000  # of the rules: after `main` (32766)
MAIN = 254  # the main table
# Of detours (testbed.engine.repair.detours), which are looked at before `main`.
DETOURS, DETOUR_PREFERENCE = 204, 30000


@dataclass(frozen=True)
class Place:
    """What tells one route from others: table, prefix, outgoing interface (empty: none)."""

    table: int
    prefix: Prefix
    interface: str


@dataclass(frozen=True)
class RepairRoute:
    """A route, and how it sends packets out, in the words of iproute2."""

    place: Place
    how: str
    metric: int = 0
    kind: str = ""  # unicast

    @property
    def line(self) -> str:
        """It and its attributes, for `ip route replace`."""
        device = f"dev {self.place.interface} " if self.place.interface else ""
        where = f"{device}table {self.place.table} proto {PROTOCOL}"
        metric = f" metric {self.metric}" if self.metric else ""
        return f"{self.kind} {self.place.prefix} {self.how} {where}{metric}".strip()


class RepairPlan:
    """Turns backups into routes by a plan's addresses and SIDs."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._links: Mapping[str, Link] = {name: link for link, name in link_names(plan).items()}

    def unpacking(self, router: str) -> Iterator[RepairRoute]:
        """The router's SIDs for packets at the end of a repair list, IPv6 and IPv4 inside.

        A kernel has such a SID on a device and takes it away with that. So it is there once per
        link, and which of them is used makes no difference. End.DT6 looks in `main` alone: there,
        the router's own addresses would be somewhere on a link.
        """
        number = self._plan.node(router).number
        behaviours = ((6, f"End.DT6 table {MAIN}"), (4, "End.DX4 nh4 0.0.0.0"))
        for metric, port in enumerate(self._ports(router), start=1):
            for version, behaviour in behaviours:
                sid = IPv6Network(decapsulating_sid(number, version))
                how = f"encap seg6local action {behaviour}"
                yield RepairRoute(Place(MAIN, sid, port.interface), how, metric)
        for own in self._own_addresses(router):
            yield RepairRoute(Place(MAIN, IPv6Network(own), "lo"), "", kind="local")

    def backups(self, found: Iterable[Backup]) -> Iterator[RepairRoute]:
        """A route per prefix that has a backup of its own."""
        for backup in found:
            if backup.first is not None and backup.first.link in self._links:
                for prefix in backup.destination.prefixes:
                    yield from self._route(backup.first, backup.segments, prefix)

    def next_hops(self, found: Iterable[Backup]) -> dict[Prefix, frozenset[str]]:
        """Prefix → the interfaces of its route in `main`, once IS-IS has converged."""
        return {
            prefix: frozenset(self._interface(adjacency) for adjacency in backup.uses)
            for backup in found
            for prefix in backup.destination.prefixes
        }

    def _interface(self, adjacency: Adjacency) -> str:
        link = self._links.get(adjacency.link)
        return link.end(adjacency.tail).interface if link else adjacency.link

    def _route(
        self, first: Adjacency, segments: tuple[Segment, ...], prefix: Prefix
    ) -> Iterator[RepairRoute]:
        link = self._links[first.link]
        if segments:
            sids = self.sids(segments, prefix.version)
            # where a loopback is the End SID, the kernel refuses an SRH without the first segment
            mode = "encap.red" if len(sids) == 1 else "encap"
            listed = ",".join(map(str, sids))
            place = Place(TABLE, prefix, link.end(first.tail).interface)
            yield RepairRoute(place, f"encap seg6 mode {mode} segs {listed}")
            return
        yield from by_neighbour(link, first.tail, prefix, TABLE)

    def sids(self, segments: tuple[Segment, ...], version: int) -> list[IPv6Address]:
        """The segment list of a repair; its last SID unpacks at the last segment's end."""
        found = []
        for segment in segments[:-1]:
            found.append(self._sid(segment))
        last = segments[-1]
        if isinstance(last, AdjacencySegment):
            found.append(self._sid(last))
        return [*found, decapsulating_sid(self._plan.node(last.end).number, version)]

    def _sid(self, segment: Segment) -> IPv6Address:
        if not isinstance(segment, AdjacencySegment):
            return self._plan.address_v6(segment.node)
        sid = self._links[segment.adjacency.link].end(segment.adjacency.tail).end_x
        assert sid is not None, f"{segment} has no SID"
        return sid

    def _own_addresses(self, router: str) -> Iterator[IPv6Address]:
        for loopback in self._plan.node(router).loopbacks:
            if isinstance(loopback, IPv6Address):
                yield loopback
        for port in self._plan.ports_of(router):
            yield from (one.ip for one in port.addresses if isinstance(one, IPv6Interface))

    def _ports(self, router: str) -> Iterator[Port]:
        routers = self._plan.router_names
        for link in self._plan.links_of(router):
            if link.peer(router).node in routers:
                yield link.end(router)


def by_neighbour(link: Link, router: str, prefix: Prefix, table: int) -> Iterator[RepairRoute]:
    """The route by a router's neighbour on a link; none if that lacks an address of the family."""
    gateway = _gateway(link.peer(router), prefix.version)
    if gateway is not None:
        place = Place(table, prefix, link.end(router).interface)
        yield RepairRoute(place, f"via {gateway} onlink")


def _gateway(port: Port, version: int) -> IPv6Address | IPv4Address | None:
    interface = port.v6 if version == 6 else port.v4
    return interface.ip if interface else None
