"""The nftables table of NetworkPolicies as a value: sets, what policies allow, and pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from testbed.agent.model.objects import IpAddress, IpNetwork

ADDRESS_TYPES = {4: "ipv4_addr", 6: "ipv6_addr"}


@dataclass(frozen=True)
class Addresses:
    """Addresses of pods of a family."""

    family: int
    members: frozenset[IpAddress] = frozenset()

    @property
    def head(self) -> str:
        """What nft has to know of it."""
        return f"type {ADDRESS_TYPES[self.family]};"

    @property
    def texts(self) -> tuple[str, ...]:
        """The elements in nft's words."""
        return tuple(map(str, sorted(self.members, key=int)))


@dataclass(frozen=True)
class Ranges:
    """Networks of a family that do not overlap."""

    family: int
    networks: tuple[IpNetwork, ...]

    @property
    def head(self) -> str:
        """What nft has to know of it."""
        return f"type {ADDRESS_TYPES[self.family]}; flags interval;"

    @property
    def texts(self) -> tuple[str, ...]:
        """The elements in nft's words."""
        return tuple(map(str, self.networks))


@dataclass(frozen=True)
class PodPorts:
    """Ports of pods of a family that have one name."""

    family: int
    members: frozenset[tuple[IpAddress, int]] = frozenset()

    @property
    def head(self) -> str:
        """What nft has to know of it."""
        return f"type {ADDRESS_TYPES[self.family]} . inet_service;"

    @property
    def texts(self) -> tuple[str, ...]:
        """The elements in nft's words."""
        ordered = sorted(self.members, key=lambda one: (int(one[0]), one[1]))
        return tuple(f"{address} . {port}" for address, port in ordered)


ElementSet = Addresses | Ranges | PodPorts


@dataclass(frozen=True)
class Allow:
    """One thing that a policy allows: all that is given must hold.

    `peers`, `pod_ports`: names of sets. `ports`: the first and the last. `says`: which part of the
    policy it is.
    """

    says: str
    peers: str = ""
    protocol: str = ""
    ports: tuple[int, int] | None = None
    pod_ports: str = ""


@dataclass(frozen=True)
class PolicyChain:
    """What a policy allows in one direction; `policy` is its namespace and name."""

    policy: str
    direction: str
    allows: tuple[Allow, ...]


@dataclass(frozen=True)
class PodChain:
    """A pod that is isolated in one direction, by the policies of these chains."""

    pod: str
    interface: str
    direction: str
    policies: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """All that is enforced on a node: sets, chains of policies, and chains of pods, by name.

    `attached`: all pods' interfaces; a pod that is not among them yet gets and sends nothing.
    `wanted`: there is a policy anywhere.
    """

    sets: Mapping[str, ElementSet] = field(default_factory=dict)
    policies: Mapping[str, PolicyChain] = field(default_factory=dict)
    pods: Mapping[str, PodChain] = field(default_factory=dict)
    attached: frozenset[str] = frozenset()
    wanted: bool = False

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Those of isolated pods, in order."""
        return tuple(sorted({pod.interface for pod in self.pods.values()}))

    @property
    def number_of_rules(self) -> int:
        """Rules of policies."""
        return sum(len(chain.allows) for chain in self.policies.values())

    def pod_chain(self, interface: str, direction: str) -> PodChain | None:
        """The chain of a pod; None: it is not isolated in that direction."""
        return self.pods.get(pod_chain_name(interface, direction))


def pod_chain_name(interface: str, direction: str) -> str:
    """The name of a pod's chain."""
    return f"pod-{direction}-{interface}"
