"""Immutable models of a plan: every name, address, metric and SID of a lab.

All code after the topology stage reads a lab from its plan only. Plans are plain data:
`Plan.model_dump_json()` and `Plan.model_validate_json()` round-trip.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from functools import cached_property
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Literal

from pydantic import BaseModel, ConfigDict

from testbed.plan import mtu
from testbed.plan.addressing import decapsulating_sid
from testbed.plan.traits import (
    ORCHESTRATORS,
    OVERLAYS,
    PROVIDERS,
    OrchestratorTraits,
    OverlayTraits,
    ProviderTraits,
)


class Frozen(BaseModel):
    """Base of all plan objects: immutable, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class Role(str, Enum):
    """What a node is for; decides what runs on it."""

    ROUTER = "router"
    HOST = "host"
    INJECTOR = "injector"  # the external controller's host: gobgpd only
    CLUSTER = "cluster"  # a cluster node: gobgpd + agent + pods


class Port(Frozen):
    """One end of a link: where a node meets its neighbour."""

    node: str
    interface: str  # "<node>-<neighbour>", at most 15 characters
    v6: IPv6Interface | None = None
    v4: IPv4Interface | None = None
    more: tuple[IPv6Interface | IPv4Interface, ...] = ()  # further addresses, of either family
    end_x: IPv6Address | None = None  # between routers: the SID that leads out here (RFC 8986 §4.2)
    micro_sid: IPv6Address | None = None  # its micro SID, uA (RFC 9800 §4.1.2), with encoding usid

    @property
    def addresses(self) -> tuple[IPv6Interface | IPv4Interface, ...]:
        """All addresses, the node's own of each family first."""
        own = (self.v6, self.v4)
        return (*(address for address in own if address is not None), *self.more)


class Shaping(Frozen):
    """Link impairments as in Mininet's TCLink."""

    bandwidth: float | None = None  # Mbit/s
    delay: str | None = None  # e.g. "5ms"
    loss: float | None = None  # per cent

    @property
    def any(self) -> bool:
        """True if anything is to be applied."""
        return any(x is not None for x in (self.bandwidth, self.delay, self.loss))


class TrafficEngineering(Frozen):
    """What path computation knows of a link besides its metric, in both directions alike."""

    delay_us: int | None = None  # microseconds, one way; None: that of the shaping
    capacity: float | None = None  # Mbit/s; None: that of the shaping
    affinity: tuple[str, ...] = ()  # names of its administrative groups (RFC 7308)
    srlg: tuple[str, ...] = ()  # names of its shared risk link groups (RFC 4202)

    @property
    def any(self) -> bool:
        """True if anything is said."""
        return self != TrafficEngineering()


class Link(Frozen):
    """A point-to-point link (a veth pair)."""

    a: Port
    b: Port
    mtu: int = 1500  # bytes
    metric: int = 10  # IS-IS wide metric, both directions
    shaping: Shaping = Shaping()
    te: TrafficEngineering = TrafficEngineering()
    lan: str | None = None  # the name of the LAN that a node is on by this link
    where: str | None = None  # file:line of the user's addLink

    def end(self, node: str) -> Port:
        """The port of `node` on this link."""
        return self.a if self.a.node == node else self.b

    def peer(self, node: str) -> Port:
        """The port at the other end, seen from `node`."""
        return self.b if self.a.node == node else self.a


class Lan(Frozen):
    """A subnet that several hosts or nodes share at one router: a bridge inside the router.

    Each of them has a link to the router; these links' ends at the router are the bridge's ports
    and have no addresses. `port` is the bridge itself.
    """

    name: str
    port: Port
    mtu: int = 1500  # bytes
    metric: int = 10  # IS-IS wide metric of its subnets
    where: str | None = None  # file:line of the user's addSwitch


class LocalSids(Frozen):
    """A cluster node's two service SIDs, one per address family (RFC 8986 §4.6, §4.7)."""

    dt4: IPv6Address
    dt6: IPv6Address


class BindingSids(Frozen):
    """Binding SIDs of the best-effort policies towards this node (the endpoint)."""

    v4: IPv6Address
    v6: IPv6Address


class ClusterSpec(Frozen):
    """What makes a node a cluster node."""

    sid_pool: IPv6Network
    local_sids: LocalSids
    binding_sids: BindingSids
    control_plane: bool = False
    joins_later: bool = False  # its port exists from the start, the node itself is absent


class Node(Frozen):
    """A router, host, injector or cluster node."""

    name: str
    role: Role
    number: int  # N of fcff:N::1; position among its role
    loopback_v6: IPv6Address | None = None  # routers: fcff:N::1, acts as an End SID
    loopback_v4: IPv4Address | None = None
    more_loopbacks: tuple[IPv6Address | IPv4Address, ...] = ()
    locator: IPv6Network | None = None  # routers: that of their End.X SIDs, in IS-IS
    micro_sids: IPv6Network | None = None  # routers: that of their micro SIDs, with encoding usid
    gateway_v6: IPv6Address | None = None  # hosts and nodes: the router's end
    gateway_v4: IPv4Address | None = None
    advertised: bool = True  # hosts: is their prefix in IS-IS (profile `fast`)
    data_centre: bool = False  # hosts whose prefix is in IS-IS under every profile
    cluster: ClusterSpec | None = None
    where: str | None = None  # file:line of the user's addRouter/addHost

    @property
    def loopbacks(self) -> tuple[IPv6Address | IPv4Address, ...]:
        """All addresses of the loopback, the router's own of each family first."""
        own = (self.loopback_v6, self.loopback_v4)
        return (*(address for address in own if address is not None), *self.more_loopbacks)

    @property
    def micro_sid(self) -> IPv6Address | None:
        """Routers: the node's own micro SID, uN (RFC 9800 §4.1.1)."""
        return self.micro_sids.network_address if self.micro_sids else None


class Pools(Frozen):
    """Address pools of the overlay, by role (names as in CALICOVPP_SRV6)."""

    pods_v4: IPv4Network | None = IPv4Network("172.16.0.0/16")
    pods_v6: IPv6Network | None = IPv6Network("fdfb:af47:32af::/48")
    block_v4: int = 26
    block_v6: int = 122
    policies: IPv6Network = IPv6Network("cafe::/118")
    where_v4: str | None = None  # file:line of the user's pods_v4
    where_v6: str | None = None


class Timers(Frozen):
    """IS-IS timers of one profile (seconds unless the name says ms)."""

    hello: int
    hello_multiplier: int = 3
    lsp_gen: int | None = None  # None: FRR's default (30)
    spf_delay_ms: tuple[int, int, int, int, int] | None = None  # init short long holddown learn
    point_to_point: bool = False
    hello_padding: bool = True


class Bfd(Frozen):
    """How the ends of a link between routers watch each other (BFD, RFC 5880), both alike."""

    interval: int = 100  # milliseconds between packets
    multiplier: int = 3  # packets missing in a row after which the session is down

    @property
    def detection(self) -> int:
        """Milliseconds until packets are missed."""
        return self.interval * self.multiplier


Profile = Literal["fast", "paper"]
TeMode = Literal["bgp", "configmap"]
Repair = Literal["off", "link", "node"]  # what routers protect against by themselves
Encoding = Literal["srh", "usid"]  # how segment lists are written: one address each, or compressed

TIMERS: dict[Profile, Timers] = {
    "fast": Timers(
        hello=1,
        lsp_gen=1,
        spf_delay_ms=(0, 20, 500, 1000, 200),
        point_to_point=True,
        hello_padding=False,
    ),
    "paper": Timers(hello=5),
}


class Plan(Frozen):
    """A whole lab."""

    topology: str  # name of the topology, e.g. "full"
    profile: Profile = "fast"
    asn: int = 64512
    te_mode: TeMode = "bgp"
    repair: Repair = "off"
    bfd: Bfd | None = None  # on links between routers
    encoding: Encoding = "srh"  # of intents that name none; with usid there are micro SIDs
    # names of testbed.plan.traits: what runs the pods, what nodes are made of, what carries packets
    orchestrator: str = "none"
    backend: str = "namespace"
    overlay: str = "agent"
    box: str | None = None  # of virtual machines: name, URL or file of another than our own
    max_segments: int = 3
    pools: Pools = Pools()
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    lans: tuple[Lan, ...] = ()

    @property
    def timers(self) -> Timers:
        """The profile's IS-IS timers."""
        return TIMERS[self.profile]

    @cached_property
    def by_name(self) -> dict[str, Node]:
        """Nodes by name."""
        return {n.name: n for n in self.nodes}

    def node(self, name: str) -> Node:
        """The node called `name` (KeyError if there is none)."""
        return self.by_name[name]

    def of(self, role: Role) -> list[Node]:
        """The nodes of one role, in plan order."""
        return [n for n in self.nodes if n.role is role]

    @property
    def routers(self) -> list[Node]:
        return self.of(Role.ROUTER)

    @cached_property
    def router_names(self) -> frozenset[str]:
        return frozenset(router.name for router in self.routers)

    @property
    def cluster(self) -> list[Node]:
        return self.of(Role.CLUSTER)

    @property
    def edge_routers(self) -> list[Node]:
        """The routers that take announcements of pods, from the cluster nodes attached to them."""
        if not self.overlay_traits.agents:
            return []
        attached = {self.uplink(node.name).peer(node.name).node for node in self.cluster}
        return [router for router in self.routers if router.name in attached]

    @property
    def provider_traits(self) -> ProviderTraits:
        """Traits of the provider of the cluster nodes."""
        return PROVIDERS[self.backend]

    @property
    def orchestrator_traits(self) -> OrchestratorTraits:
        """Traits of the orchestrator, which runs the pods."""
        return ORCHESTRATORS[self.orchestrator]

    @property
    def overlay_traits(self) -> OverlayTraits:
        """Traits of the overlay, which carries packets between pods."""
        return OVERLAYS[self.overlay]

    @property
    def takes_intent_objects(self) -> bool:
        """Is there an API server of which the TE engine takes intents?"""
        traits = self.orchestrator_traits
        return traits.containers and self.overlay_traits.agents and bool(self.injectors)

    @property
    def enforces_network_policies(self) -> bool:
        """Do the testbed's agents drop what NetworkPolicies do not allow?"""
        return self.orchestrator_traits.services and self.overlay_traits.agents

    @property
    def kind(self) -> dict[str, str]:
        """Its orchestrator, provider and overlay by name, as options of `testbed up` call them."""
        return {"cluster": self.orchestrator, "nodes": self.backend, "overlay": self.overlay}

    @property
    def slowness(self) -> int:
        """Factor for time limits, 1 in a lab whose nodes are namespaces."""
        return self.provider_traits.slowness if self.cluster else 1

    # The next three are for scenario files of users. The testbed itself asks its registries.

    @property
    def kubernetes(self) -> bool:
        """True if the cluster nodes are those of a Kubernetes cluster."""
        return self.orchestrator_traits.containers

    @property
    def virtual(self) -> list[Node]:
        """The nodes that are virtual machines."""
        return self.cluster if self.provider_traits.own_kernel else []

    @property
    def patience(self) -> int:
        """By what factor time limits are longer: slowness."""
        return self.slowness

    @property
    def namespaced(self) -> list[Node]:
        """The nodes that are network namespaces of the lab."""
        outside = {n.name for n in self.cluster} if self.provider_traits.own_kernel else set()
        return [n for n in self.nodes if n.name not in outside]

    def vantage(self, node: str) -> str:
        """The namespace that reaches the node's addresses: its own, else its router's."""
        here = {n.name for n in self.namespaced}
        return node if node in here else self.uplink(node).peer(node).node

    @property
    def injectors(self) -> list[Node]:
        return self.of(Role.INJECTOR)

    def links_of(self, node: str) -> list[Link]:
        """The links that end at `node`, in plan order."""
        return self._links_by_node.get(node, [])

    @cached_property
    def _links_by_node(self) -> dict[str, list[Link]]:
        adjacency: dict[str, list[Link]] = {}
        for link in self.links:
            adjacency.setdefault(link.a.node, []).append(link)
            adjacency.setdefault(link.b.node, []).append(link)
        return adjacency

    def ports_of(self, node: str) -> list[Port]:
        """The node's own ports, in plan order; a router's LANs after its links."""
        own = [link.end(node) for link in self.links_of(node)]
        return own + [lan.port for lan in self.lans_of(node)]

    @property
    def ports(self) -> list[Port]:
        """All ports, both ends of each link first."""
        ends = [port for link in self.links for port in (link.a, link.b)]
        return ends + [lan.port for lan in self.lans]

    def lans_of(self, router: str) -> list[Lan]:
        """The LANs whose bridge is in this router."""
        return [lan for lan in self.lans if lan.port.node == router]

    def members_of(self, lan: Lan) -> list[Link]:
        """The links of those that are on a LAN."""
        return [link for link in self.links if link.lan == lan.name]

    def uplink(self, node: str) -> Link:
        """The one link of a host, injector or cluster node."""
        return self.links_of(node)[0]

    def router_port(self, node: str) -> Port:
        """Where packets of a host or cluster node reach its router: its link's end, or the LAN."""
        link = self.uplink(node)
        lans = (lan.port for lan in self.lans if lan.name == link.lan)
        return next(lans, link.peer(node))

    def address_v6(self, node: str) -> IPv6Address:
        """The node's own IPv6 address: the loopback of a router, else its port's address."""
        n = self.node(node)
        if n.loopback_v6 is not None:
            return n.loopback_v6
        v6 = self.uplink(node).end(node).v6
        assert v6 is not None, f"{node} has no IPv6 address"
        return v6.ip

    def address_v4(self, node: str) -> IPv4Address | None:
        """The node's own IPv4 address, or None for IPv6-only hosts."""
        n = self.node(node)
        if n.loopback_v4 is not None:
            return n.loopback_v4
        v4 = self.uplink(node).end(node).v4
        return v4.ip if v4 else None

    def owner(self, address: IPv6Address | IPv4Address) -> str | None:
        """The node that has this address on an interface, loopback or as a local SID."""
        return self._owners_by_address.get(address)

    @cached_property
    def _owners_by_address(self) -> dict[IPv6Address | IPv4Address, str]:
        owners: dict[IPv6Address | IPv4Address, str] = {}
        for n in self.nodes:
            owners.update(dict.fromkeys(n.loopbacks, n.name))
            if n.micro_sid:
                owners[n.micro_sid] = n.name
            if n.cluster:
                owners[n.cluster.local_sids.dt4] = n.name
                owners[n.cluster.local_sids.dt6] = n.name
        for port in self.ports:
            owners.update({interface.ip: port.node for interface in port.addresses})
        owners.update({sid: port.node for sid, (port, _) in self.adjacencies.items()})
        owners.update({sid: node for sid, (node, _) in self.unpacking_sids.items()})
        return owners

    @cached_property
    def unpacking_sids(self) -> dict[IPv6Address, tuple[str, int]]:
        """With local repair, where routers take packets out of it, by what is inside (6 or 4)."""
        if self.repair == "off":
            return {}
        return {
            decapsulating_sid(router.number, version): (router.name, version)
            for router in self.routers
            for version in (6, 4)
        }

    @cached_property
    def adjacencies(self) -> dict[IPv6Address, tuple[Port, Port]]:
        """SIDs of adjacencies of routers, each with its own end of the link and the other one.

        End.X SIDs, and behind all of them their micro SIDs.
        """
        ends = [(a, b) for link in self.links for a, b in ((link.a, link.b), (link.b, link.a))]
        sids = {own.end_x: (own, other) for own, other in ends if own.end_x is not None}
        micro = {own.micro_sid: (own, other) for own, other in ends if own.micro_sid is not None}
        return sids | micro

    @cached_property
    def same_in_full(self) -> dict[IPv6Address, IPv6Address]:
        """Of routers' micro SIDs, the SID that does the same: End of uN, End.X of uA."""
        nodes = {n.micro_sid: n.loopback_v6 for n in self.routers if n.micro_sid}
        links = {own.micro_sid: own.end_x for own, _ in self.adjacencies.values()}
        return {micro: sid for micro, sid in (nodes | links).items() if micro and sid}

    @cached_property
    def adjacency_sids(self) -> dict[str, IPv6Address]:
        """End.X SIDs by the interface that they lead out of; without what two routers have."""
        ports = list(dict.fromkeys(port for port, _ in self.adjacencies.values()))
        often = Counter(port.interface for port in ports)
        return {p.interface: p.end_x for p in ports if p.end_x and often[p.interface] == 1}

    @property
    def tunnel_links(self) -> list[Link]:
        """Links that tunnels between cluster nodes may take: the nodes' own, and the backbone's."""
        if not self.cluster:
            return []
        carriers = {node.name for node in (*self.cluster, *self.routers)}
        return [link for link in self.links if carriers >= {link.a.node, link.b.node}]

    @property
    def tunnel_mtu(self) -> int:
        """The smallest MTU that a tunnel may meet, in bytes (1500 without a cluster)."""
        return min((self.mtu_for_tunnels(link) for link in self.tunnel_links), default=1500)

    def mtu_for_tunnels(self, link: Link) -> int:
        """A link's MTU, less what local repair adds to packets between routers."""
        repaired = self.repair != "off" and {link.a.node, link.b.node} <= self.router_names
        return link.mtu - (mtu.repair_overhead() if repaired else 0)

    @property
    def pod_mtu(self) -> int:
        """Pod MTU in bytes: the tunnels' MTU less this plan's outer headers (testbed.plan.mtu)."""
        return mtu.pod_mtu(self.tunnel_mtu, self.max_segments)
