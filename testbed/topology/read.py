"""Converts a built IPTopo into a Plan. Building an IPTopo creates nothing on the machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv6Address, IPv6Network
from typing import Protocol

from testbed.plan import addressing
from testbed.plan.model import (
    BindingSids,
    ClusterSpec,
    Link,
    LocalSids,
    Node,
    Plan,
    Port,
    Profile,
    Role,
)
from testbed.plan.problems import Problem
from testbed.plan.validate import validate
from testbed.topology import options
from testbed.topology.options import Interface, Options
from testbed.topology.origins import Origins
from testbed.topology.plan_options import plan_options

_TwoEnds = tuple[list[Interface], list[Interface]]  # of a link's first and second end


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
    problems = reader.problems + (validate(plan) if plan else [])
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
        self.edges: list[tuple[str, str, object, Options]] = sorted(
            (
                (str(d["node1"]), str(d["node2"]), key, dict(d))
                for _, _, key, d in topo.links(withKeys=True, withInfo=True, sort=False)
            ),
            key=lambda edge: made.get(edge[:3], len(made)),
        )
        self.taken: set[IPv6Address] = set()

    def problem(self, subject: str, what: str, fix: str, where: str | None = None) -> None:
        self.problems.append(
            Problem(
                what=what,
                subject=subject,
                fix=fix,
                where=where or self.origins.nodes.get(subject),
            )
        )

    def plan(self, name: str) -> Plan | None:
        self._refuse_unknown()
        if any(info.get("isSwitch") for info in self.info.values()):
            return None  # nodes behind a switch would only cause misleading problems
        self.info = {n: options.usable_node(info) for n, info in self.info.items()}
        self.edges = [(a, b, key, options.usable_link(info)) for a, b, key, info in self.edges]
        roles = {n: options.role(i) for n, i in self.info.items()}
        self.numbers = self._number_nodes(roles)
        self._reserve_given_sids()
        links = tuple(self._read_links(roles))
        nodes = tuple(self._read_node(n, roles[n], links) for n in self.info)
        own, problems = plan_options(self.topo, self.origins.attribute)
        self.problems += problems
        values: dict[str, object] = {"topology": name, "profile": self.profile}
        return Plan.model_validate({**values, "nodes": nodes, "links": links, **own})

    def _refuse_unknown(self) -> None:
        for name, first, again in self.origins.repeated:
            self.problem(name, f"node is defined twice (first at {first})", "rename one", again)
        for name, info in self.info.items():
            self.problems += options.node_problems(name, info, self.origins.nodes.get(name))
        for a, b, key, info in self.edges:
            where = self.origins.links.get((a, b, key))
            self.problems += options.link_problems(f"{a}-{b}", info, where)
        for overlay in getattr(self.topo, "overlays", []):
            self.problem(
                type(overlay).__name__,
                "IPMininet overlays are not supported: the lab runs one IS-IS level-2 area",
                "remove it",
            )

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

    def _reserve_given_sids(self) -> None:
        for info in self.info.values():
            for key in ("local_sids", "binding_sids"):
                given = info.get(key)
                self.taken.update(options.parse_sid_pair(given) if given else ())

    def _read_links(self, roles: dict[str, Role]) -> list[Link]:
        links: list[Link] = []
        parallel: dict[frozenset[str], int] = {}
        backbone_index, hosts_of = 0, dict.fromkeys(self.info, 0)
        for a, b, key, info in self.edges:
            count = parallel[frozenset((a, b))] = parallel.get(frozenset((a, b)), 0) + 1
            between_routers = roles[a] is roles[b] is Role.ROUTER
            if between_routers:
                backbone_index += 1
                v6 = addressing.link_v6(self.numbers[a], self.numbers[b], count)
                v4 = addressing.link_v4(backbone_index)
                defaults: _TwoEnds = ([v6[0], v4[0]], [v6[1], v4[1]])
            else:
                defaults = self._default_access_addresses(a, b, roles, hosts_of)
            first, second = options.end_options(info)
            ends = []
            for node, peer, params, default in (
                (a, b, first, defaults[0]),
                (b, a, second, defaults[1]),
            ):
                chosen = options.addresses(params.get("ip"), default)
                ends.append(
                    Port(
                        node=node,
                        interface=addressing.interface_name(node, peer, count),
                        v6=next((x for x in chosen if x.version == 6), None),
                        v4=next((x for x in chosen if x.version == 4), None),
                    )
                )
            links.append(
                Link.model_validate(
                    {
                        "a": ends[0],
                        "b": ends[1],
                        "mtu": info.get("mtu", 1500),
                        "metric": options.metric(info),
                        "shaping": options.shaping(info),
                        "where": self.origins.links.get((a, b, key)),
                    }
                )
            )
        return links

    def _default_access_addresses(
        self, a: str, b: str, roles: dict[str, Role], hosts_of: dict[str, int]
    ) -> _TwoEnds:
        """Addresses of a router-to-host link, in the order of the link's ends."""
        if Role.ROUTER not in (roles[a], roles[b]):
            return [], []  # the validation names what is missing
        router, host = (a, b) if roles[a] is Role.ROUTER else (b, a)
        own = self._choose_host_addresses(host, roles[host], router, hosts_of)
        facing: list[Interface] = []
        for address in own:
            if roles[host] is Role.CLUSTER and address.version == 6:
                facing.append(addressing.cluster_router_end(address))
            else:
                facing.append(addressing.router_end(address))
        return (facing, own) if router == a else (own, facing)

    def _choose_host_addresses(
        self, host: str, role: Role, router: str, hosts_of: dict[str, int]
    ) -> list[Interface]:
        hosts_of[router] += 1
        if role is Role.CLUSTER:
            default: Sequence[Interface] = addressing.cluster_addresses(self.numbers[host])
        elif role is Role.INJECTOR:
            default = addressing.injector_addresses()
        else:
            default = [addressing.host_v6(host, self.numbers[router], hosts_of[router])]
        return options.addresses(self.info[host].get("ip"), default)

    def _read_node(self, name: str, role: Role, links: tuple[Link, ...]) -> Node:
        info, number = self.info[name], self.numbers[name]
        values: dict[str, object] = {
            "name": name,
            "role": role,
            "number": number,
            "where": self.origins.nodes.get(name),
        }
        if role is Role.ROUTER:
            v6, v4 = addressing.router_loopbacks(number)
            given = options.loopbacks(info.get("lo_addresses") or ())
            values["loopback_v6"] = next((x for x in given if x.version == 6), v6)
            values["loopback_v4"] = next((x for x in given if x.version == 4), v4)
            return Node.model_validate(values)
        uplink = next((x for x in links if name in (x.a.node, x.b.node)), None)
        gateway = uplink.peer(name) if uplink else None
        data_centre = info.get("data_centre", False)
        values |= {
            "gateway_v6": gateway.v6.ip if gateway and gateway.v6 else None,
            "gateway_v4": gateway.v4.ip if gateway and gateway.v4 else None,
            "advertised": data_centre
            or role is not Role.HOST
            or info.get("advertised", self.profile == "fast"),
            "data_centre": data_centre,
            "cluster": self._read_cluster(name, number, info) if role is Role.CLUSTER else None,
        }
        return Node.model_validate(values)

    def _read_cluster(self, name: str, index: int, info: Options) -> ClusterSpec:
        given = info.get("sid_pool")
        pool = options.parse_network(given) if given else addressing.sid_pool(index)
        policies = Plan.model_fields["pools"].default.policies
        dt4, dt6 = self._choose_sids(
            info.get("local_sids"), pool, f"{name} End.DT4", f"{name} End.DT6"
        )
        b4, b6 = self._choose_sids(
            info.get("binding_sids"), policies, f"{name} binding IPv4", f"{name} binding IPv6"
        )
        return ClusterSpec.model_validate(
            {
                "sid_pool": pool,
                "local_sids": LocalSids(dt4=dt4, dt6=dt6),
                "binding_sids": BindingSids(v4=b4, v6=b6),
                "control_plane": info.get("control_plane", index == 0),
                "joins_later": info.get("joins_later", False),
            }
        )

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
