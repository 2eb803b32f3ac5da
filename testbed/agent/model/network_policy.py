"""NetworkPolicies of networking.k8s.io/v1, and the pods and namespaces that they speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from testbed.agent.config import IpNetwork
from testbed.agent.model.label_selector import LabelSelector

INGRESS, EGRESS = "ingress", "egress"
TCP, UDP, SCTP = "TCP", "UDP", "SCTP"
PROTOCOLS = (TCP, UDP, SCTP)


@dataclass(frozen=True)
class IpBlock:
    """A range of addresses without some ranges inside it."""

    cidr: IpNetwork
    excepted: tuple[IpNetwork, ...] = ()


@dataclass(frozen=True)
class PodPeer:
    """The pods of some namespaces. `namespaces` None: those of the policy's own namespace."""

    pods: LabelSelector = field(default_factory=LabelSelector)
    namespaces: LabelSelector | None = None


@dataclass(frozen=True)
class Port:
    """A port of the packets' destination: all of the protocol's if there is neither.

    `name`: a port that the destination, a pod, has by this name.
    """

    protocol: str = TCP
    first: int = 0
    last: int = 0
    name: str = ""


@dataclass(frozen=True)
class Rule:
    """What is allowed: from or to any of `peers` at any of `ports`; empty: no matter which."""

    peers: tuple[IpBlock | PodPeer, ...] = ()
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True)
class NetworkPolicy:
    """What the pods that it selects may receive and send; None: it says nothing about that."""

    namespace: str
    name: str
    pods: LabelSelector = field(default_factory=LabelSelector)
    ingress: tuple[Rule, ...] | None = None
    egress: tuple[Rule, ...] | None = None

    @property
    def title(self) -> str:
        """Namespace and name."""
        return f"{self.namespace}/{self.name}"

    def rules(self, direction: str) -> tuple[Rule, ...] | None:
        """The rules for what is received (INGRESS) or sent (EGRESS)."""
        return self.ingress if direction == INGRESS else self.egress


@dataclass(frozen=True)
class NamedPort:
    """A port of a pod's container."""

    name: str
    protocol: str
    number: int


@dataclass(frozen=True)
class ApiPod:
    """A pod as the API has it. `ended`: its addresses may be another one's by now."""

    namespace: str
    name: str
    labels: tuple[tuple[str, str], ...] = ()
    addresses: tuple[IPv4Address | IPv6Address, ...] = ()
    ports: tuple[NamedPort, ...] = ()
    host_network: bool = False
    ended: bool = False
    uid: str = ""


@dataclass(frozen=True)
class Namespace:
    """A namespace and its labels."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def label_map(self) -> Mapping[str, str]:
        """The labels by key."""
        return dict(self.labels)


@dataclass(frozen=True)
class PolicyObjects:
    """NetworkPolicies, and all that they may speak of."""

    policies: tuple[NetworkPolicy, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    pods: tuple[ApiPod, ...] = ()
