"""Kubernetes-shaped objects that an agent reads, as small immutable types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from testbed.agent.model import overlay_names, selector
from testbed.agent.model.network_policy import PolicyObjects
from testbed.api_objects import HOSTNAME

IpAddress = IPv4Address | IPv6Address
IpNetwork = IPv4Network | IPv6Network

POLICY_POOL = "sr-policies-pool"
LOCALSID_POOL = "sr-localsids-pool-"


@dataclass(frozen=True)
class ObjectRef:
    """An object of the API, for an event about it."""

    kind: str
    name: str
    namespace: str = ""
    uid: str = ""  # empty where nobody gives any


@dataclass(frozen=True)
class Report:
    """A sentence about what of an object is not done."""

    about: ObjectRef
    why: str


@dataclass(frozen=True)
class IPPool:
    """An address pool; its role comes from its name, as in CALICOVPP_SRV6.

    `namespaces` selects the namespaces whose pods take addresses first from here; None: it is for
    pods of any. `manual`: only for pods that ask for it. `workloads`: pods may have its addresses.
    `exported`: its blocks are announced. `cross_subnet`: nodes that share a subnet use no overlay
    between each other.
    """

    name: str
    cidr: IpNetwork
    block_size: int
    selector: str = "all()"
    nat_outgoing: bool = False
    disabled: bool = False
    overlay: str = overlay_names.SRV6
    cross_subnet: bool = False
    created: str = ""  # RFC 3339, as the API server wrote it; of overlapping pools the older counts
    namespaces: str | None = None
    manual: bool = False
    workloads: bool = True
    exported: bool = True
    uid: str = ""

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.cidr.version

    @property
    def for_pods(self) -> bool:
        """False for the pools of binding SIDs and local SIDs: pods get nothing from those."""
        return self.name != POLICY_POOL and not self.name.startswith(LOCALSID_POOL)

    @property
    def ref(self) -> ObjectRef:
        """Its object."""
        return ObjectRef("IPPool", self.name, uid=self.uid)

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Does a node with these labels take addresses from here?"""
        return selector.parse(self.selector)(labels)

    def selects_namespace(self, labels: Mapping[str, str]) -> bool:
        """Is it meant for pods of a namespace with these labels in particular?"""
        return self.namespaces is not None and selector.parse(self.namespaces)(labels)


@dataclass(frozen=True)
class Node:
    """A cluster node and its InternalIP addresses."""

    name: str
    v6: IPv6Address | None
    v4: IPv4Address | None
    labels: tuple[tuple[str, str], ...] = ()
    uid: str = ""  # empty where nobody gives any

    @property
    def label_map(self) -> dict[str, str]:
        """Labels, with the hostname label that every kubelet sets."""
        return {HOSTNAME: self.name, **dict(self.labels)}


def owner_reference(node: Node) -> dict[str, str]:
    """What an object's metadata says so that the object goes away with a node."""
    return {"apiVersion": "v1", "kind": "Node", "name": node.name, "uid": node.uid}


@dataclass(frozen=True)
class BGPPeer:
    """A session beside the mesh, for the nodes that `node` or `selector` name (else for all)."""

    name: str
    peer_ip: IpAddress
    port: int
    asn: int | None
    node: str | None = None
    selector: str | None = None

    def concerns(self, node: str, labels: Mapping[str, str]) -> bool:
        """Is this session one of that node's?"""
        if self.node is not None:
            return self.node == node
        return self.selector is None or selector.parse(self.selector)(labels)


@dataclass(frozen=True)
class BGPConfiguration:
    """Cluster-wide BGP settings."""

    asn: int | None = None
    mesh: bool = True


@dataclass(frozen=True)
class ConfigMap:
    """A ConfigMap's data, still as text."""

    namespace: str
    name: str
    data: tuple[tuple[str, str], ...]
    uid: str = ""

    @property
    def map(self) -> dict[str, str]:
        """Keys and values."""
        return dict(self.data)


@dataclass(frozen=True)
class BlockAffinity:
    """Which node owns a block of a pool."""

    node: str
    cidr: IpNetwork
    owner: str = ""  # uid of the Node object with which the claim goes away


@dataclass(frozen=True)
class Objects:
    """Everything that the source holds, and what could not be read or is not done.

    `reports` are those of the `problems` that are about one object. Not `complete`: nothing can be
    concluded from an object's absence yet.
    """

    pools: tuple[IPPool, ...] = ()
    nodes: tuple[Node, ...] = ()
    peers: tuple[BGPPeer, ...] = ()
    bgp: BGPConfiguration = BGPConfiguration()
    config_maps: tuple[ConfigMap, ...] = ()
    affinities: tuple[BlockAffinity, ...] = ()
    problems: tuple[str, ...] = ()
    complete: bool = True
    reports: tuple[Report, ...] = ()
    isolation: PolicyObjects = field(default_factory=PolicyObjects)

    @property
    def without_isolation(self) -> Objects:
        """All that has nothing to do with NetworkPolicies."""
        return replace(self, isolation=PolicyObjects())

    def config_map(self, namespace: str, name: str) -> ConfigMap | None:
        """The ConfigMap of that name, if there is one."""
        for found in self.config_maps:
            if (found.namespace, found.name) == (namespace, name):
                return found
        return None

    def node(self, name: str) -> Node | None:
        """The Node of that name, if there is one."""
        return next((n for n in self.nodes if n.name == name), None)
