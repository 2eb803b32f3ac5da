"""Models SR Policy in the terms of RFC 9256: segments, segment lists, candidate paths."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address

UNSPECIFIED = IPv6Address("::")
DEFAULT_PREFERENCE = 100  # RFC 9256 §2.7
BEST_EFFORT_PREFERENCE = 11  # so that any TE policy of the default preference wins
BEST_EFFORT_PRIORITY = 10  # what Calico-VPP gives its own tunnels


class Behavior(IntEnum):
    """SRv6 endpoint behaviours of egress SIDs (RFC 8986, IANA code points)."""

    END_DT6 = 18
    END_DT4 = 19


END_B6_ENCAPS = 14  # of binding SIDs (RFC 8986 §4.13)

FAMILY_OF_BEHAVIOR: dict[int, int] = {Behavior.END_DT6: 6, Behavior.END_DT4: 4}
BEHAVIOR_OF_FAMILY: dict[int, Behavior] = {6: Behavior.END_DT6, 4: Behavior.END_DT4}


class ProtocolOrigin(IntEnum):
    """Where a candidate came from; the higher wins a tie (RFC 9256 §2.3)."""

    BGP = 20
    CONFIGURATION = 30


@dataclass(frozen=True)
class Segment:
    """One SID. Its behaviour is a code point; on a waypoint it has no meaning here."""

    sid: IPv6Address
    behavior: int | None = None

    def __str__(self) -> str:
        return str(self.sid)


@dataclass(frozen=True)
class SegmentList:
    """The SIDs in the order in which a packet visits them; `weight` for load sharing."""

    segments: tuple[Segment, ...]
    weight: int = 1

    @property
    def sids(self) -> tuple[IPv6Address, ...]:
        """The SIDs alone, in order of visit."""
        return tuple(segment.sid for segment in self.segments)

    @property
    def family(self) -> int | None:
        """4 or 6: what the last segment decapsulates; None if its behaviour does not say."""
        if not self.segments or self.segments[-1].behavior is None:
            return None
        return FAMILY_OF_BEHAVIOR.get(self.segments[-1].behavior)


@dataclass(frozen=True)
class Originator:
    """Who made a candidate: AS number and node address (RFC 9256 §2.4). Default: configuration."""

    asn: int = 0
    address: IPv4Address | IPv6Address = UNSPECIFIED

    @property
    def value(self) -> int:
        """The 160 bits that are compared: ASN first, IPv4 addresses in the lowest 32 bits."""
        return self.asn << 128 | int(self.address)


@dataclass(frozen=True)
class SRPolicy:
    """What the NLRI of SAFI 73 names (RFC 9830 §2.1); BGP replaces and withdraws by it."""

    distinguisher: int
    color: int
    endpoint: IPv6Address

    def __str__(self) -> str:
        return f"<{self.distinguisher}, {self.color}, {self.endpoint}>"


@dataclass(frozen=True)
class Candidate:
    """A candidate path towards `endpoint` (an IPv6 node address).

    `distinguisher` is RFC 9256's discriminator; `priority` (0-255) is what Calico-VPP selects by,
    None derives it from the preference. `head_ends` are node names, empty means every node.
    `specified_sid_only`: without its binding SID it is invalid (RFC 9256 §6.2.3, flag S).
    `drop_upon_invalid`: while no candidate is valid, traffic is dropped (§8.2, flag I).
    """

    endpoint: IPv6Address
    segment_lists: tuple[SegmentList, ...]
    color: int = 0
    distinguisher: int = 0
    preference: int = DEFAULT_PREFERENCE
    priority: int | None = None
    binding_sid: IPv6Address | None = None
    protocol_origin: ProtocolOrigin = ProtocolOrigin.BGP
    originator: Originator = Originator()
    head_ends: tuple[str, ...] = ()
    specified_sid_only: bool = False
    drop_upon_invalid: bool = False

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once, as thousands of candidates are compared after every change."""
        return hash((self.endpoint, self.segment_lists, self.color, self.distinguisher))

    @cached_property
    def text(self) -> str:
        """All of it, to tell candidates apart that are alike in what is compared."""
        return repr(self)

    @property
    def key(self) -> SRPolicy:
        """The NLRI that carries it over BGP."""
        return SRPolicy(self.distinguisher, self.color, self.endpoint)

    @property
    def family(self) -> int | None:
        """4 or 6: the traffic it steers, from the last segment of its first list; None: unclear."""
        return self.segment_lists[0].family if self.segment_lists else None

    @cached_property
    def steers(self) -> tuple[IPv6Address, int | None]:
        """What candidates compete for: traffic of one family to one endpoint."""
        return self.endpoint, self.family

    @property
    def wire_priority(self) -> int:
        """The Priority that is announced (0-255)."""
        return min(self.preference, 255) if self.priority is None else self.priority


def best_effort(
    endpoint: IPv6Address,
    family: int,
    sid: IPv6Address,
    binding_sid: IPv6Address | None = None,
    originator: Originator = Originator(),
) -> Candidate:
    """The tunnel that a node announces for its own local SID: one segment, lowest standing."""
    segment = Segment(sid, BEHAVIOR_OF_FAMILY[family])
    return Candidate(
        endpoint=endpoint,
        segment_lists=(SegmentList((segment,)),),
        color=family,
        distinguisher=0,
        preference=BEST_EFFORT_PREFERENCE,
        priority=BEST_EFFORT_PRIORITY,
        binding_sid=binding_sid,
        originator=originator,
    )
