"""Nothing that makes gobgpd panic gets past the guard."""

from __future__ import annotations

import ipaddress
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.bgp import attributes
from testbed.bgp.errors import PathMalformed
from testbed.bgp.guard import check_announcement, check_identity
from testbed.bgp.model import Announcement, BgpPeer, DesiredBgp, Family
from testbed.errors import TestbedError
from testbed.srpolicy.bgp.tlv import sub_tlv

ENDPOINT = ipaddress.ip_address("fd00::2").packed
NLRI = b"\xc0" + struct.pack("!II", 0, 6) + ENDPOINT
PREFERENCE = sub_tlv(12, struct.pack("!HI", 0, 100))
WEIGHT = sub_tlv(9, struct.pack("!HI", 0, 1))
SEGMENT = sub_tlv(13, b"\0\0" + ENDPOINT)
LIST = sub_tlv(128, b"\0" + WEIGHT + SEGMENT)


def policy(*sub_tlvs: bytes, nlri: bytes = NLRI, reach: bytes | None = None) -> Announcement:
    content = b"".join(sub_tlvs)
    tunnel = struct.pack("!HH", 15, len(content)) + content
    hop = ipaddress.IPv6Address("fd00::1")
    attrs = (
        attributes.basic()
        + attributes.encode_mp_reach(Family.IPV6_SRPOLICY, hop, reach or nlri)
        + attributes.encode(0xC0, 23, tunnel)
    )
    return Announcement(Family.IPV6_SRPOLICY, nlri, attrs)


def test_a_good_policy_passes() -> None:
    check_announcement(policy(PREFERENCE, sub_tlv(20, b"\0\0" + ENDPOINT), LIST))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (policy(PREFERENCE, LIST, nlri=b""), "NLRI"),
        (policy(PREFERENCE, LIST, nlri=b"\0"), "NLRI"),
        (policy(PREFERENCE, LIST, nlri=b"\x18" + NLRI[1:4]), "NLRI"),
        (policy(PREFERENCE, LIST, nlri=NLRI[:-1]), "NLRI"),
        (policy(PREFERENCE, LIST, reach=NLRI[:-1] + b"\x09"), "another NLRI"),
        (policy(PREFERENCE), "without segment list"),
        (policy(PREFERENCE, sub_tlv(13, b"\0\0"), LIST), "sub-TLV 13"),
        (policy(PREFERENCE, sub_tlv(13, b""), LIST), "sub-TLV 13"),
        (policy(PREFERENCE, LIST, sub_tlv(129, b"\0name")), "candidate path names"),
        (policy(sub_tlv(12, b"\0"), LIST), "sub-TLV 12"),
        (policy(sub_tlv(14, b"\0"), LIST), "sub-TLV 14"),
        (policy(PREFERENCE, sub_tlv(128, b"\0" + SEGMENT)), "exactly one weight"),
        (policy(PREFERENCE, sub_tlv(128, b"\0" + WEIGHT)), "segments of type B"),
        (policy(PREFERENCE, sub_tlv(128, b"\0" + WEIGHT + SEGMENT[:-1])), "over the end"),
        (policy(PREFERENCE, sub_tlv(128, b"\0" + WEIGHT + sub_tlv(13, ENDPOINT))), "sub-TLV 13"),
        (policy(PREFERENCE, LIST[:-3]), "over the end"),
    ],
)
def test_what_crashes_gobgp_is_refused(bad: Announcement, why: str) -> None:
    with pytest.raises(PathMalformed, match=why):
        check_announcement(bad)


@given(st.binary(max_size=30), st.binary(max_size=120), st.sampled_from(Family))
def test_garbage_is_refused_not_crashed_on(nlri: bytes, attrs: bytes, family: Family) -> None:
    with pytest.raises(PathMalformed):
        check_announcement(Announcement(family, nlri, attrs))


def test_origin_and_doubles() -> None:
    good = policy(PREFERENCE, LIST)
    without = Announcement(good.family, good.nlri, good.attrs[4:])
    with pytest.raises(PathMalformed, match="ORIGIN"):
        check_announcement(without)
    twice = Announcement(good.family, good.nlri, good.attrs[:4] + good.attrs)
    with pytest.raises(PathMalformed, match="twice"):
        check_announcement(twice)


@pytest.mark.parametrize(
    "desired",
    [
        DesiredBgp(64512, "not an address"),
        DesiredBgp(64512, "fd00::1"),
        DesiredBgp(0, "10.0.0.1"),
        DesiredBgp(64512, "10.0.0.1", listen_addresses=("x",)),
        DesiredBgp(64512, "10.0.0.1", frozenset({BgpPeer("x", 64512)})),
        DesiredBgp(64512, "10.0.0.1", frozenset({BgpPeer("fd00::1", 64512, "y")})),
        DesiredBgp(64512, "10.0.0.1", frozenset({BgpPeer("fd00::1", 2**32)})),
    ],
)
def test_unusable_identity_is_refused(desired: DesiredBgp) -> None:
    with pytest.raises(TestbedError):
        check_identity(desired)
