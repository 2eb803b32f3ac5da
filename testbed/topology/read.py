"""Converts a built IPTopo into a Plan. Building an IPTopo creates nothing on the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from typing import Protocol, TypeVar

from testbed.plan import addressing
from testbed.plan.address_rules import Address, Interface
from testbed.plan.checks.limits import limit_problems
from testbed.plan.kubernetes import SERVICES
from testbed.plan.model import (
    BindingSids,
    ClusterSpec,
    Lan,
    Link,
    LocalSids,
    Node,
    Plan,
    Pools,
    Port,
    Profile,
    Role,
)
from testbed.plan.problems import Problem, merged
from testbed.plan.subnets import Subnets
from testbed.plan.traits import MANAGEMENT
from testbed.plan.validate import validate
from testbed.topology import options
from testbed.topology.adjacencies import NO_SIDS, Adjacencies, Sids
from testbed.topology.lans import Edge, Switch, read_switches, switch_problems
from testbed.topology.link_addresses import Ends, LinkAddresses, Member
from testbed.topology.options import Options
from testbed.topology.origins import Origins
from testbed.topology.plan_options import plan_options
from testbed.topology.whole import unknown_nodes, whole_problems


class BuiltTopo(Protocol):
    """What is read from Mininet's Topo, which has no types of its own."""

    def nodes(self, sort: bool = ...) -> Iterable[object]: ...

    def nodeInfo(self, name: object) -> Options: ...

    def links(
        self, sort: bool = ..., withKeys: bool = ..., withInfo: bool = ...
    ) -> Iterable[tuple[object, object, object, Options]]: ...


def read_plan(
    topo: BuiltTopo, origins: Origins, name: str, profile: Profile
) -> tuple[Plan | None, list[Problem]]:
    """The plan, or None with every problem found."""
    reader = _Reader(topo, origins, profile)
    plan = reader.plan(name)
    problems = merged(reader.problems + (validate(plan) if plan else []))
    return (plan if not problems else None), problems


class _Reader:
    def __init__(self, topo: BuiltTopo, origins: Origins, profile: Profile) -> None:
        self.topo, self.origins, self.profile = topo, origins, profile
        self.problems: list[Problem] = []
        self.info: dict[str, Options] = {
            str(n): dict(topo.nodeInfo(n)) for n in topo.nodes(sort=False)
        }
        made = {key: index for index, key in enumerate(origins.links)}
        # in the order of the addLink calls: the n-th backbone link is 10.n.0.0/16
        self.edges: list[Edge] = sorted(
            (
                (str(d["node1"]), str(d["node2"]), key, dict(d))
                for _, _, key, d in topo.links(withKeys=True, withInfo=True, sort=False)
            ),
            key=lambda edge: made.get(edge[:3], len(made)),
        )
        self.taken: set[IPv6Address] = set()
        # links of those on a LAN, whose router stands for the switch: the line, and the switch
        self.moved: dict[tuple[str, str, object], str | None] = {}
        self.lan_of: dict[tuple[str, str, object], str] = {}

    def plan(self, name: str) -> Plan | None:
        self._refuse_unknown()
        self.edges = [(a, b, key, options.usable_link(info)) for a, b, key, info in self.edges]
        switches = read_switches(self.info, self.edges, self.origins.nodes)
        unreadable = switch_problems(switches, self._where)
        self.problems += unreadable
        hubs = any(info.get("hub") for info in self.info.values())
        if self.origins.unknown or unreadable or hubs:
            return None  # what is behind such a switch or a missing node would be misread
        self._place_switches(switches)
        self.info = {n: options.usable_node(info) for n, info in self.info.items()}
        roles = {n: options.role(i) for n, i in self.info.items()}
        of_role = {role: [n for n, r in roles.items() if r is role] for role in Role}
        limits = limit_problems(of_role, self.origins.nodes)
        if limits:
            self.problems += limits
            return None
        self.numbers = self._number_nodes(roles)
        self._reserve_given_sids()
        self.control_plane = self._choose_control_plane(roles)
        own, pools, problems = plan_options(self.topo, self.origins.attribute)
        self.micro = own.get("encoding") == "usid"
        self.problems += problems
        clusters = {
            n: self._read_cluster(n, self.info[n])
            for n, role in roles.items()
            if role is Role.CLUSTER
        }
        loopbacks = {n: self._read_loopbacks(n) for n, role in roles.items() if role is Role.ROUTER}
        taken = self._taken(pools, clusters, loopbacks)
        addresses = LinkAddresses(taken)
        chosen = {n: self._choose_lan(x, roles, addresses) for n, x in switches.items()}
        links = tuple(self._read_links(roles, addresses, chosen))
        lans = tuple(self._read_lan(x, chosen[n].router, links) for n, x in switches.items())
        nodes = tuple(
            self._read_node(n, roles[n], links, lans, loopbacks.get(n, ()), clusters.get(n))
            for n in self.info
        )
        values = {"topology": name, "profile": self.profile, "pools": pools, **own}
        return Plan.model_validate({**values, "nodes": nodes, "links": links, "lans": lans})

    def _where(self, edge: Edge) -> str | None:
        a, b, key, _ = edge
        return self.origins.links.get((a, b, key)) or self.moved.get((a, b, key))

    def _place_switches(self, switches: Mapping[str, Switch]) -> None:
        """Put each switch's router in its place: who is on a LAN has a link to the router."""
        self.info = {n: info for n, info in self.info.items() if n not in switches}
        edges, self.edges = self.edges, []
        for edge in edges:
            a, b, key, info = edge
            switch = switches.get(a) or switches.get(b)
            if switch is None:
                self.edges.append(edge)
            elif edge in switch.members:
                ends = (switch.router, b) if a == switch.name else (a, switch.router)
                moved = (*ends, (switch.name, key))
                self.moved[moved] = self._where(edge)
                self.lan_of[moved] = switch.name
                self.edges.append((*moved, info))

    def _refuse_unknown(self) -> None:
        self.problems += whole_problems(self.topo, self.origins)
        added = set(self.origins.nodes)
        self.problems += unknown_nodes(self.origins, added)
        for name, info in self.info.items():
            if name in added:
                where = self.origins.nodes.get(name)
                self.problems += options.node_problems(name, info, where)
        for a, b, key, info in self.edges:
            where = self.origins.links.get((a, b, key))
            ends = [self.origins.ends.get(id(info.get(end))) for end in ("params1", "params2")]
            if self.origins.helpers:  # which are refused, and set options of links
                written = self.origins.written.get((a, b, key), frozenset())
                info = {k: v for k, v in info.items() if k in written | options.KNOWN_OPTIONS}
            self.problems += options.link_problems(f"{a}-{b}", info, where, ends)

    def _number_nodes(self, roles: dict[str, Role]) -> dict[str, int]:
        """N of fcff:N::1: the number in a router's name, else the first free one."""
        numbers: dict[str, int] = {}
        used: set[int] = set()
        routers = [n for n, role in roles.items() if role is Role.ROUTER]
        for router in routers:
            number = addressing.trailing_number(router)
            if number is not None and number not in used:
                numbers[router] = number
                used.add(number)
        for router in routers:
            if router not in numbers:
                free = next(i for i in range(1, 10000) if i not in used)
                numbers[router] = free
                used.add(free)
        for role in (Role.HOST, Role.INJECTOR, Role.CLUSTER):
            for index, name in enumerate(n for n, r in roles.items() if r is role):
                numbers[name] = index
        return numbers

    def _choose_control_plane(self, roles: dict[str, Role]) -> str | None:
        """The first cluster node, if the file makes no other one the control plane."""
        if any(info.get("control_plane") for info in self.info.values()):
            return None
        return next((n for n, role in roles.items() if role is Role.CLUSTER), None)

    def _reserve_given_sids(self) -> None:
        for info in self.info.values():
            for key in ("local_sids", "binding_sids"):
                given = info.get(key)
                self.taken.update(options.parse_sid_pair(given) if given else ())

    def _taken(
        self,
        pools: Pools,
        clusters: Mapping[str, ClusterSpec],
        loopbacks: Mapping[str, tuple[Address, ...]],
    ) -> Subnets:
        """What no automatic subnet may overlap."""
        taken = Subnets([*SERVICES.values(), MANAGEMENT, pools.policies])
        for network in (pools.pods_v4, pools.pods_v6, *(c.sid_pool for c in clusters.values())):
            if network is not None:
                taken.add(network)
        for address in (address for each in loopbacks.values() for address in each):
            taken.add(addressing.host_network(address))
        for a, b, _, info in self.edges:
            for interface in (x for end in self._given(a, b, info) for x in end):
                taken.add(interface.network)
        return taken

    def _given(self, a: str, b: str, info: Options) -> Ends:
        """The addresses that the file gives to the two ends: `ip` of the node, and of the link."""
        first, second = (
            list(
                dict.fromkeys(
                    options.addresses(self.info[node].get("ip"))
                    + options.addresses(params.get("ip"))
                )
            )
            for node, params in zip((a, b), options.end_options(info), strict=True)
        )
        return first, second

    def _read_links(
        self,
        roles: dict[str, Role],
        addresses: LinkAddresses,
        lans: Mapping[str, _LanAddresses],
    ) -> Iterable[Link]:
        parallel: Counter[frozenset[str]] = Counter()
        adjacencies = Adjacencies(self.numbers, self.micro)
        for edge in self.edges:
            a, b, key, info = edge
            ends, lan = frozenset((a, b)), self.lan_of.get((a, b, key))
            parallel[ends] += 1
            first, second = (
                self._choose_addresses(a, b, roles, info, addresses)
                if lan is None
                else lans[lan].of_link(a, b)
            )
            routers = roles[a] is roles[b] is Role.ROUTER
            sids = [adjacencies.next(x) if routers else NO_SIDS for x in (a, b)]
            yield Link.model_validate(
                {
                    "a": _port(a, b, parallel[ends], first, sids[0]),
                    "b": _port(b, a, parallel[ends], second, sids[1]),
                    "mtu": info.get("mtu", 1500),
                    "metric": options.metric(info),
                    "shaping": options.shaping(info),
                    "te": options.traffic_engineering(info),
                    "lan": lan,
                    "where": self._where(edge),
                }
            )

    def _choose_lan(
        self, switch: Switch, roles: dict[str, Role], addresses: LinkAddresses
    ) -> _LanAddresses:
        """The addresses of everybody on a LAN."""
        members = []
        for a, b, key, info in self.edges:
            if self.lan_of.get((a, b, key)) == switch.name:
                given, name = self._given(a, b, info), b if a == switch.router else a
                own = given[1] if name == b else given[0]
                members.append(Member(name, roles[name], self.numbers[name], own))
        router, found = addresses.lan(self.numbers[switch.router], switch.given, members)
        return _LanAddresses(router, {m.name: x for m, x in zip(members, found, strict=True)})

    def _read_lan(self, switch: Switch, facing: Sequence[Interface], links: Iterable[Link]) -> Lan:
        mtus = (link.mtu for link in links if link.lan == switch.name)
        return Lan(
            name=switch.name,
            port=_port(switch.router, switch.name, 1, facing),
            mtu=min(mtus),
            metric=switch.metric,
            where=switch.where,
        )

    def _choose_addresses(
        self, a: str, b: str, roles: dict[str, Role], info: Options, addresses: LinkAddresses
    ) -> Ends:
        """The addresses of a link's ends; none where neither end is a router (an error)."""
        first, second = self._given(a, b, info)
        if roles[a] is roles[b] is Role.ROUTER:
            numbers = self.numbers[a], self.numbers[b]
            return addresses.between_routers(numbers, (first, second))
        if roles[a] is Role.ROUTER:
            return addresses.access(self.numbers[a], b, roles[b], self.numbers[b], (first, second))
        if roles[b] is Role.ROUTER:
            facing, own = addresses.access(
                self.numbers[b], a, roles[a], self.numbers[a], (second, first)
            )
            return own, facing
        return [], []

    def _read_loopbacks(self, name: str) -> tuple[Address, ...]:
        """The addresses given, and the scheme's for a family that is not given."""
        given = options.loopbacks(self.info[name].get("lo_addresses"))
        versions = {address.version for address in given}
        scheme = addressing.router_loopbacks(self.numbers[name])
        return (*given, *(address for address in scheme if address.version not in versions))

    def _read_node(
        self,
        name: str,
        role: Role,
        links: tuple[Link, ...],
        lans: tuple[Lan, ...],
        loopbacks: tuple[Address, ...],
        cluster: ClusterSpec | None,
    ) -> Node:
        info = self.info[name]
        values: dict[str, object] = {
            "name": name,
            "role": role,
            "number": self.numbers[name],
            "where": self.origins.nodes.get(name),
        }
        if role is Role.ROUTER:
            v6, v4, more = _by_family(loopbacks)
            values |= {"loopback_v6": v6, "loopback_v4": v4, "more_loopbacks": more}
            values["locator"] = addressing.locator(self.numbers[name])
            if self.micro:
                values["micro_sids"] = addressing.router_micro_sids(self.numbers[name])
            return Node.model_validate(values)
        uplink = next((x for x in links if name in (x.a.node, x.b.node)), None)
        on_lan = [lan.port for lan in lans if uplink and lan.name == uplink.lan]
        gateway = (on_lan[0] if on_lan else uplink.peer(name)) if uplink else None
        data_centre = info.get("data_centre", False)
        values |= {
            "gateway_v6": gateway.v6.ip if gateway and gateway.v6 else None,
            "gateway_v4": gateway.v4.ip if gateway and gateway.v4 else None,
            "advertised": data_centre
            or role is not Role.HOST
            or info.get("advertised", self.profile == "fast"),
            "data_centre": data_centre,
            "cluster": cluster,
        }
        return Node.model_validate(values)

    def _read_cluster(self, name: str, info: Options) -> ClusterSpec:
        pool, (dt4, dt6) = self._local_sids(name, info)
        policies = Plan.model_fields["pools"].default.policies
        b4, b6 = self._choose_sids(
            info.get("binding_sids"), policies, f"{name} binding IPv4", f"{name} binding IPv6"
        )
        return ClusterSpec.model_validate(
            {
                "sid_pool": pool,
                "local_sids": LocalSids(dt4=dt4, dt6=dt6),
                "binding_sids": BindingSids(v4=b4, v6=b6),
                "control_plane": info.get("control_plane", name == self.control_plane),
                "joins_later": info.get("joins_later", False),
            }
        )

    def _local_sids(
        self, name: str, info: Options
    ) -> tuple[IPv6Network, tuple[IPv6Address, IPv6Address]]:
        """The pool of the node's local SIDs, and these; micro SIDs, unless the file gives any."""
        index, pool, sids = self.numbers[name], info.get("sid_pool"), info.get("local_sids")
        if self.micro and not (pool or sids):
            micro = addressing.node_micro_sids(index)
            dt4, dt6 = (addressing.decapsulating_micro_sid(micro, version) for version in (4, 6))
            return micro, (dt4, dt6)
        found = options.parse_network(pool) if pool else addressing.sid_pool(index)
        return found, self._choose_sids(sids, found, f"{name} End.DT4", f"{name} End.DT6")

    def _choose_sids(
        self, given: object, pool: IPv6Network, key_v4: str, key_v6: str
    ) -> tuple[IPv6Address, IPv6Address]:
        """The two SIDs that the file gives, or two free ones of the pool."""
        if given:
            return options.parse_sid_pair(given)
        return self._pick_sid(pool, key_v4), self._pick_sid(pool, key_v6)

    def _pick_sid(self, pool: IPv6Network, key: str) -> IPv6Address:
        sid = addressing.pick(pool, key, self.taken)
        self.taken.add(sid)
        return sid


@dataclass(frozen=True)
class _LanAddresses:
    """Of the router, and of each node on the LAN by name."""

    router: Sequence[Interface]
    nodes: Mapping[str, list[Interface]]

    def of_link(self, a: str, b: str) -> Ends:
        """Of the ends of a link; the router's has none."""
        return self.nodes.get(a, []), self.nodes.get(b, [])


_Address = TypeVar("_Address", Address, Interface)


def _port(
    node: str,
    neighbour: str,
    parallel: int,
    addresses: Sequence[Interface],
    sids: Sids = NO_SIDS,
) -> Port:
    v6, v4, more = _by_family(addresses)
    interface = addressing.interface_name(node, neighbour, parallel)
    return Port.model_validate(
        {"node": node, "interface": interface, "v6": v6, "v4": v4, "more": more, **sids}
    )


def _by_family(
    addresses: Sequence[_Address],
) -> tuple[_Address | None, _Address | None, tuple[_Address, ...]]:
    """The first IPv6 and the first IPv4 address, and the others."""
    v6 = next((x for x in addresses if x.version == 6), None)
    v4 = next((x for x in addresses if x.version == 4), None)
    return v6, v4, tuple(x for x in addresses if x not in (v6, v4))
