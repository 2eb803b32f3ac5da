"""Types of BGP: address families, peers, announcements, received paths."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Family(Enum):
    """(AFI, SAFI) of the three address families that the testbed's sessions carry."""

    IPV4_UNICAST = (1, 1)
    IPV6_UNICAST = (2, 1)
    IPV6_SRPOLICY = (2, 73)

    __hash__ = object.__hash__  # Enum's own is slow, and families are keys of every path

    @property
    def afi(self) -> int:
        """Address family identifier (1 IPv4, 2 IPv6)."""
        return self.value[0]

    @property
    def safi(self) -> int:
        """Subsequent address family identifier (1 unicast, 73 SR Policy, RFC 9830)."""
        return self.value[1]


@dataclass(frozen=True)
class BgpPeer:
    """One wanted session. Times in seconds; `address` and `local_address` as text, IPv4 or IPv6.

    `passive` waits for the other side to connect; `port` is the other side's TCP port. For
    `restart_time` after the session was lost its paths stay in use (RFC 4724).
    """

    address: str
    asn: int
    local_address: str | None = None
    passive: bool = False
    port: int = 179
    hold_time: int = 9
    keepalive: int = 3
    restart_time: int = 15
    families: tuple[Family, ...] = tuple(Family)


@dataclass(frozen=True)
class Announcement:
    """One path that we originate: NLRI and path attributes as on the wire (RFC 4271 §4.3).

    `attrs` is the concatenation of whole attributes, with the next hop in MP_REACH_NLRI
    (RFC 4760) or NEXT_HOP.
    """

    family: Family
    nlri: bytes
    attrs: bytes

    @property
    def key(self) -> tuple[Family, bytes]:
        """What BGP replaces by: a new path with the same NLRI withdraws the old one."""
        return self.family, self.nlri


@dataclass(frozen=True)
class ReceivedPath:
    """One path in a peer's Adj-RIB-In, untrusted and undecoded; `attrs` as in Announcement."""

    peer: str
    family: Family
    nlri: bytes
    attrs: bytes


@dataclass(frozen=True)
class PeerStatus:
    """What gobgpd says about one session; `received` is its number of paths over all families.

    `reason` tells why it went down; GoBGP 4.8.0 has the field but leaves it empty.
    """

    address: str
    asn: int
    state: str
    reason: str = ""
    received: int = 0

    @property
    def established(self) -> bool:
        """True when routes can be exchanged."""
        return self.state == "ESTABLISHED"


@dataclass(frozen=True)
class GlobalConfig:
    """Identity of one BGP speaker; an empty address list listens on every address."""

    asn: int
    router_id: str
    listen_addresses: tuple[str, ...] = ()
    listen_port: int = 179


@dataclass(frozen=True)
class DesiredBgp:
    """The whole wanted state of one gobgpd; its NLRIs must differ per family."""

    asn: int
    router_id: str
    peers: frozenset[BgpPeer] = frozenset()
    announcements: frozenset[Announcement] = frozenset()
    listen_addresses: tuple[str, ...] = ()
    listen_port: int = 179

    @property
    def identity(self) -> GlobalConfig:
        """The part that gobgpd takes only once, at StartBgp."""
        return GlobalConfig(self.asn, self.router_id, self.listen_addresses, self.listen_port)


@dataclass(frozen=True)
class BgpStatus:
    """A consistent snapshot of the driver: `settled` means gobgpd holds all of the desired state.

    `faults` says in sentences what does not; `announced` is what gobgpd holds of ours.
    """

    connected: bool = False
    settled: bool = False
    peers: tuple[PeerStatus, ...] = ()
    announced: frozenset[Announcement] = frozenset()
    faults: tuple[str, ...] = ()
