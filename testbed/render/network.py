"""Renders a lab's namespaces, links, addresses and routes as batches for `ip -batch`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from testbed import usid
from testbed.plan.model import Lan, Link, Node, Plan, Role

_ANY_V6, _ANY_V4 = IPv6Network("::/0"), IPv4Network("0.0.0.0/0")
_FIRST_METRIC = 1024  # what the kernel gives where none is named


def namespaces(plan: Plan) -> str:
    """One pinned network namespace per node that is no virtual machine."""
    return "".join(f"netns add {n.name}\n" for n in plan.namespaced)


def links(plan: Plan) -> str:
    """All veth pairs, each end made in its node's namespace."""
    here = {n.name for n in plan.namespaced}
    return "".join(_render_veth(x) for x in plan.links if {x.a.node, x.b.node} <= here)


def _render_veth(link: Link) -> str:
    a, b = link.a, link.b
    return (
        f"link add dev {a.interface} mtu {link.mtu} netns {a.node} type veth "
        f"peer name {b.interface} mtu {link.mtu} netns {b.node}\n"
    )


def node(plan: Plan, node: Node) -> str:
    """Addresses, links up, and the static routes of one node, for its own namespace."""
    lines = ["link set dev lo up"]
    for loopback in node.loopbacks:
        lines.append(f"addr add {loopback}/{loopback.max_prefixlen} dev lo")
    lines += (line for lan in plan.lans_of(node.name) for line in _render_bridge(plan, lan))
    for port in plan.ports_of(node.name):
        for address in port.addresses:
            flag = " nodad" if address.version == 6 else ""
            lines.append(f"addr add {address} dev {port.interface}{flag}")
        lines.append(f"link set dev {port.interface} up")
    lines += (route.line() for route in static_routes(plan, node))
    return "\n".join(lines) + "\n"


def _render_bridge(plan: Plan, lan: Lan) -> Iterator[str]:
    """A switch that learns, without spanning tree; every member gets every multicast packet."""
    router, bridge = lan.port.node, lan.port.interface
    yield f"link add dev {bridge} mtu {lan.mtu} type bridge mcast_snooping 0"
    for link in plan.members_of(lan):
        yield f"link set dev {link.end(router).interface} master {bridge}"


@dataclass(frozen=True)
class StaticRoute:
    """A route that no routing daemon gives; it goes when its interface goes down.

    With a `behaviour` (RFC 8986) it is a SID: End.X sends packets to the gateway, uN and uA take
    a micro SID out of the destination (RFC 9800). With neither it refuses.
    """

    prefix: IPv6Network | IPv4Network
    gateway: IPv6Address | IPv4Address | None
    interface: str
    protocol: str = ""
    behaviour: str = ""
    metric: int = 0

    @property
    def name(self) -> str:
        """The prefix as `ip` takes it."""
        return str(self.prefix) if self.prefix.prefixlen else "default"

    def line(self, verb: str = "add") -> str:
        """A line for `ip -batch`."""
        kind = "" if self.gateway or self.behaviour else "unreachable "
        made = f"route {verb} {kind}{self.name}{self._where()}"
        made += f" metric {self.metric}" if self.metric else ""
        return f"{made} proto {self.protocol}" if self.protocol else made

    def __str__(self) -> str:
        """`fcdd:0:0:aa::/64 via fd10::1000`."""
        if self.behaviour:
            article = "a" if self.behaviour in _ACTIONS else "an"
            return f"{self.name}, {article} {self.behaviour} SID"
        return f"{self.name} via {self.gateway}" if self.gateway else f"{self.name}, a locator"

    def _where(self) -> str:
        action, flavour = _ACTIONS.get(self.behaviour, (self.behaviour, ""))
        how = f" encap seg6local action {action}" if action else ""
        if self.gateway:
            # the kernel looks an nh6 up again: a link-local one might be found on another link
            how += f" {'nh6' if action else 'via'} {self.gateway}"
        return f"{how}{flavour} dev {self.interface}" if how else ""


_NEXT_CSID = f" flavors next-csid lblen {usid.BITS} nflen {usid.BITS}"
# of RFC 9800, by their usual names: the kernel's action, and its flavour
_ACTIONS = {"uN": ("End", _NEXT_CSID), "uA": ("End.X", _NEXT_CSID)}


def static_routes(plan: Plan, node: Node) -> list[StaticRoute]:
    """Of a router those to SID pools and its own SIDs, of any other node its default routes."""
    if node.role is not Role.ROUTER:
        return _default_routes(plan, node)
    sids = [*_locator_routes(node), *_adjacency_routes(plan, node), *_micro_routes(plan, node)]
    return [*_sid_routes(plan, node), *sids]


def _sid_routes(plan: Plan, router: Node) -> list[StaticRoute]:
    """A cluster node's SID pool is reached via the node; IS-IS tells the other routers."""
    routes = []
    for link in plan.links_of(router.name):
        peer = plan.node(link.peer(router.name).node)
        if peer.cluster is not None:
            address, interface = plan.address_v6(peer.name), plan.router_port(peer.name).interface
            routes.append(StaticRoute(peer.cluster.sid_pool, address, interface, "static"))
    return routes


def _locator_routes(router: Node) -> list[StaticRoute]:
    """What is no SID of the locator goes nowhere; IS-IS tells the other routers of the locator."""
    locators = (router.locator, router.micro_sids)
    return [StaticRoute(prefix, None, "lo", "static") for prefix in locators if prefix]


def _adjacency_routes(plan: Plan, router: Node) -> list[StaticRoute]:
    """End.X: packets for such a SID leave by its link, whatever the shortest path is."""
    routes = []
    for link in plan.links_of(router.name):
        own, other = link.end(router.name), link.peer(router.name)
        if own.end_x is not None and other.v6 is not None:
            sid = IPv6Network(own.end_x)
            routes.append(StaticRoute(sid, other.v6.ip, own.interface, "static", "End.X"))
    return routes


def _micro_routes(plan: Plan, router: Node) -> Iterator[StaticRoute]:
    """The uN once per interface, as a seg6local route goes with its own; a uA per adjacency."""
    if router.micro_sid is None:
        return
    own = IPv6Network((router.micro_sid, 2 * usid.BITS))
    ports = [port for port in plan.ports_of(router.name) if port.addresses]
    for metric, port in enumerate(ports, _FIRST_METRIC):
        yield StaticRoute(own, None, port.interface, "static", "uN", metric)
    for link in plan.links_of(router.name):
        port, other = link.end(router.name), link.peer(router.name)
        if port.micro_sid is not None and other.v6 is not None:
            sid = IPv6Network((port.micro_sid, 2 * usid.BITS))
            yield StaticRoute(sid, other.v6.ip, port.interface, "static", "uA")


def _default_routes(plan: Plan, node: Node) -> list[StaticRoute]:
    interface = plan.uplink(node.name).end(node.name).interface
    gateways = ((_ANY_V6, node.gateway_v6), (_ANY_V4, node.gateway_v4))
    return [
        StaticRoute(prefix, gateway, interface)
        for prefix, gateway in gateways
        if gateway is not None
    ]


def sysctls(plan: Plan, node: Node) -> dict[str, str]:
    """Paths below /proc/sys/net and their values, set before any link exists.

    Addresses are usable at once (no DAD); routers and cluster nodes forward and process SRHs.
    """
    values = {
        "ipv6/conf/all/accept_dad": "0",
        "ipv6/conf/default/accept_dad": "0",
        "ipv6/conf/all/accept_ra": "0",
        "ipv6/conf/default/accept_ra": "0",
        "ipv4/conf/all/rp_filter": "0",
        "ipv4/conf/default/rp_filter": "0",
    }
    if node.role in (Role.ROUTER, Role.CLUSTER):
        values |= {
            "ipv6/conf/all/seg6_enabled": "1",
            "ipv6/conf/default/seg6_enabled": "1",
            "ipv6/conf/lo/seg6_enabled": "1",
            "ipv6/conf/all/forwarding": "1",
            "ipv4/ip_forward": "1",
            # flows spread over equal-cost paths by ports, as hardware routers do
            "ipv6/fib_multipath_hash_policy": "1",
            "ipv4/fib_multipath_hash_policy": "1",
        }
    if node.role is Role.ROUTER and plan.repair != "off":
        # a backup takes over also where it was the link's other end that went down
        for family in ("ipv4", "ipv6"):
            for which in ("all", "default"):
                values[f"{family}/conf/{which}/ignore_routes_with_linkdown"] = "1"
    if node.role is Role.CLUSTER:
        # the outer flow label is a hash of the inner flow: tunnels use equal-cost paths too
        values["ipv6/seg6_flowlabel"] = "1"
    return values
