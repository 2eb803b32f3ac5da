"""Hypothesis strategies for SR Policies."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

from testbed.srpolicy.model import Candidate, Originator, ProtocolOrigin, Segment, SegmentList

u8, u16, u32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
v6 = st.integers(0, 2**128 - 1).map(IPv6Address)
v4 = st.integers(0, 2**32 - 1).map(IPv4Address)
segments = st.builds(Segment, sid=v6, behavior=st.none() | u16)
segment_lists = st.builds(
    SegmentList, segments=st.lists(segments, min_size=1, max_size=6).map(tuple), weight=u32
)
announced = st.builds(  # what the wire can carry
    Candidate,
    endpoint=v6,
    segment_lists=st.lists(segment_lists, min_size=1, max_size=4).map(tuple),
    color=u32,
    distinguisher=u32,
    preference=u32,
    priority=u8,
    binding_sid=st.none() | v6,
    specified_sid_only=st.booleans(),
    drop_upon_invalid=st.booleans(),
)

# few values, so that ties at every step of the selection are common
ENDPOINT = IPv6Address("fd11::1000")
_few = st.integers(0, 2)
_valid_lists = st.builds(
    lambda waypoint, weight: SegmentList(
        (Segment(IPv6Address(f"fcff:{waypoint}::1")), Segment(IPv6Address("fcdd::4"), 19)), weight
    ),
    st.integers(1, 3),
    st.integers(0, 2),  # weight 0 is invalid
)
competing = st.builds(
    Candidate,
    endpoint=st.just(ENDPOINT),
    segment_lists=st.lists(_valid_lists, min_size=1, max_size=2).map(tuple),
    color=_few,
    distinguisher=_few,
    preference=st.sampled_from([11, 100, 200]),
    protocol_origin=st.sampled_from(ProtocolOrigin),
    originator=st.builds(Originator, asn=_few, address=st.integers(1, 2).map(IPv6Address)),
)
