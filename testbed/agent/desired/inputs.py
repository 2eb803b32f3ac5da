"""Everything that a decision depends on, as one immutable value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from testbed.agent.config import AgentConfig, SidPair
from testbed.agent.desired.capabilities import Capabilities
from testbed.agent.desired.underlay import Underlay
from testbed.agent.model.attachment import Attachment
from testbed.agent.model.network_policy import ApiPod, PolicyObjects
from testbed.agent.model.objects import IpAddress, IpNetwork, IPPool, Objects
from testbed.bgp.model import PeerStatus, ReceivedPath

FAMILIES = (4, 6)


@dataclass(frozen=True)
class OwnSid:
    """A SID that this node decapsulates, with the inner address family."""

    sid: IPv6Address
    family: int


@dataclass(frozen=True)
class Inputs:
    """All that a decision depends on. The order inside `paths` means nothing.

    `underlay` None: it is not known which addresses the node reaches. `objects` come without their
    isolation, which has a place of its own, as pods come and go. `known_pods`: pods of this
    node of which the API's watch may not have told yet, or tells no longer.
    """

    config: AgentConfig
    capabilities: Capabilities = field(default_factory=Capabilities)
    objects: Objects = field(default_factory=Objects)
    blocks: tuple[IpNetwork, ...] = ()
    paths: tuple[ReceivedPath, ...] = ()
    peers: tuple[PeerStatus, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replaced_sids: tuple[OwnSid, ...] = ()
    underlay: Underlay | None = None
    isolation: PolicyObjects = field(default_factory=PolicyObjects)
    known_pods: tuple[ApiPod, ...] = ()

    @property
    def pod_pools(self) -> list[IPPool]:
        """The pools that pods take addresses from."""
        return [pool for pool in self.objects.pools if pool.for_pods]

    @property
    def unexported_pools(self) -> list[IPPool]:
        """The pools of pods whose blocks nobody announces."""
        return [pool for pool in self.pod_pools if not pool.exported]

    @property
    def pod_addresses(self) -> list[IpAddress]:
        """The addresses of this node's pods."""
        return [address for pod in self.attachments for address in pod.addresses]

    def source_address(self, family: int) -> str:
        """The node's address from which it talks to pods itself; empty if it has none."""
        address = self.config.address_v4 if family == 4 else self.config.address_v6
        return str(address) if address else ""


def own_sids(sids: SidPair | None) -> tuple[OwnSid, ...]:
    """A node's SIDs, one per inner address family."""
    return tuple(OwnSid(sids.of(family), family) for family in FAMILIES) if sids else ()


def remember(
    before: Iterable[OwnSid], was: Iterable[OwnSid], now: Iterable[OwnSid]
) -> list[OwnSid]:
    """The replaced SIDs: all that once were, without those whose address is in use (again)."""
    current = {own.sid for own in now}
    kept = {own.sid: own for own in (*before, *was) if own.sid not in current}
    return sorted(kept.values(), key=lambda own: int(own.sid))
