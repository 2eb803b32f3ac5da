"""Bytes of unicast paths: ours to the octet, and anything at all from a peer."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.bgp import attributes, unicast
from testbed.bgp.errors import PathMalformed
from testbed.bgp.guard import check_announcement
from testbed.bgp.model import Family, ReceivedPath

HOP = ipaddress.ip_address("fd00::1")
UNICAST = (Family.IPV4_UNICAST, Family.IPV6_UNICAST)
prefixes = st.builds(
    lambda address, length: ipaddress.ip_network((address, length), strict=False),
    st.ip_addresses(v=4),
    st.integers(0, 32),
) | st.builds(
    lambda address, length: ipaddress.ip_network((address, length), strict=False),
    st.ip_addresses(v=6),
    st.integers(0, 128),
)


def test_ipv4_prefix_behind_ipv6_next_hop_to_the_octet() -> None:
    path = unicast.announce(ipaddress.ip_network("10.244.1.0/24"), HOP)
    assert path.nlri.hex() == "180af401"
    assert path.attrs.hex() == (
        "40010100"  # ORIGIN IGP
        "400200"  # AS_PATH, empty
        "40050400000064"  # LOCAL_PREF 100
        "800e19" "000101" "10" "fd000000000000000000000000000001" "00" "180af401"
    )  # fmt: skip


@given(prefixes, st.ip_addresses())
def test_what_we_announce_can_be_read(prefix: unicast.IpNetwork, hop: attributes.IpAddress) -> None:
    path = unicast.announce(prefix, hop)
    check_announcement(path)
    received = ReceivedPath("fd00::9", path.family, path.nlri, path.attrs)
    assert unicast.decode(received) == unicast.UnicastRoute("fd00::9", prefix, hop)


@given(st.sampled_from(UNICAST), st.binary(max_size=40), st.binary(max_size=80))
def test_garbage_from_a_peer_is_data(family: Family, nlri: bytes, attrs: bytes) -> None:
    routes, faults = unicast.decode_all([ReceivedPath("fd00::9", family, nlri, attrs)])
    assert len(routes) + len(faults) == 1
    assert all(fault.startswith("bad path from peer fd00::9: ") for fault in faults)


@given(prefixes, st.data())
def test_a_cut_path_is_refused(prefix: unicast.IpNetwork, data: st.DataObject) -> None:
    path = unicast.announce(prefix, HOP)
    length = data.draw(st.integers(0, len(path.attrs) - 1))
    with pytest.raises(PathMalformed):
        unicast.decode(ReceivedPath("", path.family, path.nlri, path.attrs[:length]))


def test_classic_next_hop_attribute() -> None:
    attrs = attributes.encode(0x40, attributes.NEXT_HOP, bytes([10, 0, 0, 1]))
    path = ReceivedPath("10.0.0.9", Family.IPV4_UNICAST, b"\x18\x0a\x01\x02", attrs)
    assert str(unicast.decode(path).next_hop) == "10.0.0.1"


def test_second_link_local_next_hop_is_dropped() -> None:
    value = bytes.fromhex("00020120") + HOP.packed + ipaddress.ip_address("fe80::1").packed + b"\0"
    assert attributes.decode_mp_reach(value).next_hop == HOP


@pytest.mark.parametrize(
    ("nlri", "why"),
    [("", "missing"), ("21", "33"), ("180a01", "/24 in 2"), ("180a010203", "/24 in 4")],
)
def test_bad_nlri_says_why(nlri: str, why: str) -> None:
    with pytest.raises(PathMalformed, match=why):
        unicast.decode_nlri(Family.IPV4_UNICAST, bytes.fromhex(nlri))


@given(st.binary(max_size=600), st.integers(1, 255))
def test_attribute_framing_round_trips(value: bytes, kind: int) -> None:
    raw = attributes.encode(attributes.OPTIONAL, kind, value)
    (found,) = attributes.split(raw)
    assert (found.type, found.value, found.raw) == (kind, value, raw)
