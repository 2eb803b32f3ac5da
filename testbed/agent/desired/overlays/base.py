"""What every overlay can be asked, and the values in which it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from testbed.agent.config import AgentConfig
from testbed.agent.contract import PLAIN
from testbed.agent.desired.candidates import Target
from testbed.agent.desired.forwarding import Forwarding
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.routes import Hop, Route
from testbed.agent.model.objects import IpNetwork, IPPool
from testbed.srpolicy.model import Candidate

OuterAddress = IPv4Address | IPv6Address


@dataclass(frozen=True)
class DeviceKind:
    """The kind of interface that an overlay sends by; one leads to all other nodes.

    `options` gives the arguments of `ip link add` from this node's outer address. `trial`:
    arguments that find out whether the kernel has it. `module`: a kernel module that is enough to
    have, so that nothing is tried. `fixed`: what `ip -d -j link show` must say of it.
    """

    interface: str
    options: Callable[[OuterAddress], str]
    trial: str
    module: str = ""
    fixed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Device:
    """An overlay's interface as wanted or found.

    `kind` is the overlay's name, `local` this node's outer address, `mtu` the pods' (bytes).
    """

    kind: str
    local: OuterAddress
    mtu: int


@dataclass(frozen=True)
class Remote:
    """A pod prefix of another node."""

    prefix: IpNetwork
    node: IPv6Address

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.prefix, self.node))

    @property
    def target(self) -> Target:
        """What a policy has to steer to, to be of use for it."""
        return self.node, self.prefix.version


@dataclass(frozen=True)
class Situation:
    """What the way to a remote prefix depends on.

    `inputs` without what peers announce: of that only `policy` counts, the one in use towards the
    prefix's node, and in its place `dropping`, an invalid one that has the traffic dropped.
    `devices` are the overlays whose device this node has.
    """

    inputs: Inputs
    forwarding: Forwarding
    policy: Candidate | None
    devices: frozenset[str]
    dropping: Candidate | None = None


@dataclass(frozen=True)
class Reach:
    """How a remote prefix is reached: the status's word, the routes, and what is wrong, if so."""

    via: str
    routes: tuple[Route, ...] = ()
    problem: str = ""


class Overlay(Protocol):
    """One way to carry pods' packets to another node. It carries the pools that name it."""

    @property
    def name(self) -> str:
        """What IPPool.overlay and the status call it."""

    @property
    def title(self) -> str:
        """What people call it."""

    @property
    def device_kind(self) -> DeviceKind | None:
        """The interface that it sends by; None if it needs none."""

    def obstacle(self, pool: IPPool, config: AgentConfig, /) -> str:
        """Why this node cannot serve pods of a pool; empty if it can."""

    def outer_address(self, config: AgentConfig, /) -> OuterAddress | None:
        """This node's end of the device; None if it has none."""

    def neighbours(self, nodes: Iterable[IPv6Address], /) -> tuple[IPv6Address, ...]:
        """Those of the nodes that need permanent entries on the device."""

    def reach(self, remote: Remote, situation: Situation, /) -> Reach:
        """The way to a remote prefix of its pools."""


class WithoutDevice:
    """What overlays answer that send by the node's own interfaces."""

    device_kind = None

    def obstacle(self, _pool: IPPool, _config: AgentConfig, /) -> str:
        """None."""
        return ""

    def outer_address(self, _config: AgentConfig, /) -> OuterAddress | None:
        """None: there is no device."""
        return None

    def neighbours(self, _nodes: Iterable[IPv6Address], /) -> tuple[IPv6Address, ...]:
        """None: there is no device."""
        return ()


def reach_by_device(
    overlay: Overlay, remote: Remote, situation: Situation, way: Hop | str
) -> Reach:
    """A route into the overlay's device; `way` is the next hop, or why there is none."""
    if overlay.name not in situation.devices:
        way = "see its IPPool"
    if isinstance(way, str):
        why = f"{remote.prefix} is not reached by {overlay.title}: {way}"
        return Reach(PLAIN, problem=why)
    source = situation.inputs.source_address(remote.prefix.version)
    return Reach(overlay.name, (Route(str(remote.prefix), (way,), source=source),))
