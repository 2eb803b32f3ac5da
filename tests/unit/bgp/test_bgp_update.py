"""Regular messages are read as gobgpd would; of no others is anything said."""

from __future__ import annotations

import contextlib
import struct
from ipaddress import IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.bgp import attributes, unicast, update
from testbed.bgp.model import Announcement, Family
from testbed.bgp.update import Irregular, Update
from testbed.srpolicy.bgp import codec
from testbed.srpolicy.model import Behavior, Candidate, Segment, SegmentList
from tests.integration.bgp_corpus import BASIC, CORPUS, IPV4_HOP, PREFIX, attribute, body, ipv4

HOP = IPv6Address("fd12::1000")
SIX, OTHER = ip_network("fd00:1::/64"), ip_network("fd00:2::/64")
FOUR = ip_network("10.1.2.0/24")


def message(withdrawn: bytes = b"", attrs: bytes = b"", routes: bytes = b"") -> bytes:
    return whole(body((withdrawn, attrs, routes)))


def whole(body: bytes) -> bytes:
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), 2) + body


def policy(color: int = 7, preference: int = 100) -> Announcement:
    last = Segment(IPv6Address("fcdd::1"), Behavior.END_DT4)
    candidate = Candidate(HOP, (SegmentList((last,)),), color=color, preference=preference)
    attrs = codec.encode_attributes(candidate, HOP)
    return Announcement(Family.IPV6_SRPOLICY, codec.encode_nlri(candidate.key), attrs)


@pytest.mark.parametrize(
    "sent", [policy(), unicast.announce(SIX, HOP), unicast.announce(FOUR, HOP)]
)
def test_what_we_announce_ourselves_is_regular(sent: Announcement) -> None:
    assert update.parse(message(attrs=sent.attrs)) == Update(announced=(sent,))


def test_each_of_several_nlris_is_a_path_of_its_own() -> None:
    both = unicast.encode_nlri(SIX) + unicast.encode_nlri(OTHER)
    reach = attributes.encode_mp_reach(Family.IPV6_UNICAST, HOP, both)
    found = update.parse(message(attrs=attributes.basic() + reach))
    assert found.announced == (unicast.announce(SIX, HOP), unicast.announce(OTHER, HOP))


def test_withdrawals_of_both_forms() -> None:
    nlris = {Family.IPV6_SRPOLICY: policy().nlri, Family.IPV6_UNICAST: unicast.encode_nlri(SIX)}
    for family, nlri in nlris.items():
        value = struct.pack("!HB", family.afi, family.safi) + nlri
        found = update.parse(message(attrs=attribute(0x80, 15, value)))
        assert found == Update(withdrawn=((family, nlri),))
    four = unicast.encode_nlri(FOUR)
    assert update.parse(message(four + four)).withdrawn == ((Family.IPV4_UNICAST, four),) * 2


def test_nothing_said_is_nothing_changed() -> None:
    assert update.parse(message()) == Update()


# Of these gobgpd keeps the path as it is: they are odd only to whoever uses the policy.
PLAIN = {
    "weight of 0",
    "100 segments",
    "an endpoint of zeros",
    "all SIDs zero",
    "all flags of a segment",
    "an unknown behaviour",
    "weight after the segments",
    "binding SID of 18 octets",
    "SRv6 binding SID of 18 octets",
    "SRv6 binding SID of 26 octets",
    "40 lists",
    "the same list twice",
    "40 NLRIs",
    "two NLRIs",
    "200 extended communities",
    "200 large communities",
    "every type of extended community",
    "withdraw of what was never there",
    "withdrawn default route",
}


@pytest.mark.parametrize("name", [name for name in CORPUS if name not in PLAIN])
def test_what_is_odd_is_left_to_gobgpd(name: str) -> None:
    with pytest.raises(Irregular):
        update.parse(whole(body(CORPUS[name])))


@pytest.mark.parametrize("extra", [b"\0", b"\xff"])
def test_a_length_that_is_not_the_true_one_is_odd(extra: bytes) -> None:
    with pytest.raises(Irregular):
        update.parse(message(attrs=policy().attrs) + extra)


def test_plain_ipv4_routes_are_left_to_gobgpd() -> None:
    with pytest.raises(Irregular):
        update.parse(whole(body(ipv4(BASIC + IPV4_HOP, PREFIX))))


@given(st.binary(max_size=80) | st.binary(max_size=80).map(whole))
def test_any_octets_are_survived(data: bytes) -> None:
    with contextlib.suppress(Irregular):
        update.parse(data)


@given(st.data())
def test_one_octet_changed_is_survived(data: st.DataObject) -> None:
    good = bytearray(message(attrs=policy().attrs))
    good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Irregular):
        update.parse(bytes(good))
