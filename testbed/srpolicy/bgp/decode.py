"""Decodes an SR Policy candidate from an untrusted peer (RFC 9830 §2); raises only CodecError.

What can be read but not used (no list, no behaviour, weight 0) is read: validity.py says why it
is unusable, so that people see it. Unknown sub-TLVs are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from testbed.srpolicy.bgp import tlv
from testbed.srpolicy.bgp.tlv import CodecError
from testbed.srpolicy.model import (
    DEFAULT_PREFERENCE,
    END_B6_ENCAPS,
    Candidate,
    Originator,
    Segment,
    SegmentList,
    SRPolicy,
)

_ONCE = frozenset({tlv.PREFERENCE, tlv.BINDING_SID, tlv.PRIORITY})
_ATTRIBUTES_ONCE = frozenset(range(256))


@dataclass(frozen=True)
class Received:
    """A candidate as it came over BGP, with the head ends that it is meant for (IPv4 addresses)."""

    candidate: Candidate
    route_targets: tuple[IPv4Address, ...] = ()

    def is_for(self, head_end: IPv4Address | None) -> bool:
        """True when that node shall use it: no route target at all, or its own."""
        return not self.route_targets or head_end in self.route_targets


def decode(nlri: bytes, attrs: bytes, originator: Originator = Originator()) -> Received:
    """Read one path: NLRI with length octet, attributes concatenated. Raises CodecError."""
    policy = decode_nlri(nlri)
    found = dict(tlv.only_once(tlv.attributes(attrs), _ATTRIBUTES_ONCE))
    if tlv.TUNNEL_ENCAPSULATION not in found:
        raise CodecError(f"SR Policy {policy} has no Tunnel Encapsulation attribute")
    candidate = _build_candidate(
        policy, _decode_tunnel(found[tlv.TUNNEL_ENCAPSULATION]), originator
    )
    targets = _route_targets(found.get(tlv.EXTENDED_COMMUNITIES, b""))
    return Received(candidate, targets)


def decode_nlri(nlri: bytes) -> SRPolicy:
    """Read the NLRI: exactly one, of 192 bits after its length octet. Raises CodecError."""
    if len(nlri) != 1 + tlv.NLRI_BITS // 8 or nlri[0] != tlv.NLRI_BITS:
        raise CodecError(f"SR Policy NLRI of {len(nlri)} octets, 25 with length 192 are right")
    return SRPolicy(
        distinguisher=int.from_bytes(nlri[1:5], "big"),
        color=int.from_bytes(nlri[5:9], "big"),
        endpoint=IPv6Address(nlri[9:25]),
    )


def _decode_tunnel(attribute: bytes) -> bytes:
    """The sub-TLVs of the one SR Policy tunnel."""
    ours = [t.value for t in tlv.tunnels(attribute) if t.type == tlv.SR_POLICY_TUNNEL]
    if len(ours) != 1:
        raise CodecError(f"{len(ours)} tunnels of type SR Policy (15), there must be one")
    return ours[0]


class _Tunnel(NamedTuple):
    """What the tunnel says of a candidate; its key and originator come from elsewhere."""

    segment_lists: tuple[SegmentList, ...]
    preference: int
    priority: int | None
    binding: _BindingSid


class _BindingSid(NamedTuple):
    """A Binding SID sub-TLV of either kind; without a SID it still has flags."""

    sid: IPv6Address | None = None
    flags: int = 0


def _build_candidate(policy: SRPolicy, tunnel: bytes, originator: Originator) -> Candidate:
    read = _read_tunnel(tunnel)
    return Candidate(
        endpoint=policy.endpoint,
        segment_lists=read.segment_lists,
        color=policy.color,
        distinguisher=policy.distinguisher,
        preference=read.preference,
        priority=read.priority,
        binding_sid=read.binding.sid,
        originator=originator,
        specified_sid_only=bool(read.binding.flags & tlv.SPECIFIED_SID_ONLY),
        drop_upon_invalid=bool(read.binding.flags & tlv.DROP_UPON_INVALID),
    )


@lru_cache(maxsize=1024)
def _read_tunnel(tunnel: bytes) -> _Tunnel:
    """Read once for the head ends of a network, which go the same ways to an endpoint."""
    preference, priority = DEFAULT_PREFERENCE, None
    plain_sid: _BindingSid | None = None
    srv6_sid: _BindingSid | None = None
    lists = []
    for kind, value in tlv.only_once(tlv.sub_tlvs(tunnel), _ONCE):
        if kind == tlv.PREFERENCE:
            preference = int.from_bytes(_require_length(kind, value, 6)[2:], "big")
        elif kind == tlv.PRIORITY:
            priority = _require_length(kind, value, 2)[0]
        elif kind == tlv.BINDING_SID:
            plain_sid = _binding_sid(value)
        elif kind == tlv.SRV6_BINDING_SID:
            srv6_sid = srv6_sid or _srv6_binding_sid(value)
        elif kind == tlv.SEGMENT_LIST:
            lists.append(_segment_list(value))
    return _Tunnel(tuple(lists), preference, priority, srv6_sid or plain_sid or _BindingSid())


def _binding_sid(value: bytes) -> _BindingSid:
    """One of length 2 has no SID."""
    _require_length(tlv.BINDING_SID, value, 2, 6, 18)
    if len(value) == 6:
        label = int.from_bytes(value[2:], "big") >> 12
        raise CodecError(f"its binding SID is the MPLS label {label}; only SRv6 SIDs are usable")
    return _BindingSid(IPv6Address(value[2:]) if len(value) == 18 else None, value[0])


def _srv6_binding_sid(value: bytes) -> _BindingSid:
    """With or without behaviour and SID structure; 0 stands for none (RFC 9830 §2.4.3)."""
    _require_length(tlv.SRV6_BINDING_SID, value, 18, 26)
    behavior = int.from_bytes(value[18:20], "big")
    if behavior not in (0, END_B6_ENCAPS):
        raise CodecError(
            f"its binding SID has behaviour {behavior}; only {END_B6_ENCAPS} (End.B6.Encaps) "
            "is usable"
        )
    sid = IPv6Address(value[2:18])
    return _BindingSid(None if sid.is_unspecified else sid, value[0])


def _segment_list(value: bytes) -> SegmentList:
    if not value:
        raise CodecError("a segment list without its reserved octet")
    weight = 1  # RFC 9830 §2.4.4.1: absent means 1
    segments = []
    for kind, content in tlv.only_once(tlv.sub_tlvs(value[1:]), frozenset({tlv.WEIGHT})):
        if kind == tlv.WEIGHT:
            weight = int.from_bytes(_require_length(kind, content, 6)[2:], "big")
        elif kind == tlv.SEGMENT_TYPE_B:
            segments.append(_decode_segment(content))
        elif kind in tlv.SEGMENT_TYPES_OTHER:
            raise CodecError(f"segment of type {kind}; only type B (13, an SRv6 SID) is usable")
    return SegmentList(tuple(segments), weight)


def _decode_segment(content: bytes) -> Segment:
    _require_length(tlv.SEGMENT_TYPE_B, content, 18, 26)
    sid = IPv6Address(content[2:18])
    if len(content) == 18:
        return Segment(sid)
    return Segment(sid, int.from_bytes(content[18:20], "big"))


def _route_targets(communities: bytes) -> tuple[IPv4Address, ...]:
    """The head ends named by "address : 0"; other communities are not ours to judge."""
    if len(communities) % 8:
        raise CodecError(f"extended communities of {len(communities)} octets")
    each = (communities[i : i + 8] for i in range(0, len(communities), 8))
    named = (c for c in each if c[:2] == tlv.ROUTE_TARGET_IPV4 and c[6:] == b"\0\0")
    return tuple(IPv4Address(c[2:6]) for c in named)


def _require_length(kind: int, value: bytes, *lengths: int) -> bytes:
    if len(value) not in lengths:
        raise CodecError(f"sub-TLV {kind} has {len(value)} octets")
    return value


def decode_all(
    paths: Iterable[tuple[bytes, bytes, Originator]],
) -> tuple[list[Received], list[str]]:
    """Every (NLRI, attributes, originator) that can be read, and a sentence for each other."""
    received, faults = [], []
    for nlri, attrs, originator in paths:
        try:
            received.append(decode(nlri, attrs, originator))
        except CodecError as error:
            faults.append(f"bad SR Policy from {originator.address}: {error.what}")
    return received, faults
