"""Segment lists are compressed into the fewest addresses, and come back unchanged."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed import usid

MICRO = st.integers(1, 0xFFFF).map(usid.micro_sid)
FULL = st.sampled_from(
    [IPv6Address(x) for x in ("fcff:6::1", "5f00:0:4:e002::", "fcdd::11aa:c11:b42f:f17e:a682")]
)
LISTS = st.lists(st.one_of(MICRO, MICRO, MICRO, FULL), max_size=30).map(tuple)


@settings(deadline=None)
@given(LISTS)
def test_what_is_compressed_comes_back(sids: tuple[IPv6Address, ...]) -> None:
    assert usid.expanded(usid.compressed(sids)) == sids


@settings(deadline=None)
@given(LISTS)
def test_no_list_of_fewer_addresses_expands_to_it(sids: tuple[IPv6Address, ...]) -> None:
    assert len(usid.compressed(sids)) == _fewest(sids)


def _fewest(sids: tuple[IPv6Address, ...]) -> int:
    """By trying every place where an address can end."""

    @cache
    def fewest(begin: int) -> int:
        if begin == len(sids):
            return 0
        ends = [
            end
            for end in range(begin + 1, min(len(sids), begin + 7) + 1)
            if end == begin + 1 or all(map(usid.is_micro_sid, sids[begin:end]))
        ]
        return 1 + min(map(fewest, ends))

    return fewest(0)


@settings(deadline=None)
@given(st.lists(MICRO, min_size=1, max_size=7).map(tuple), st.integers(1, 40))
def test_it_can_be_compressed_twice(sids: tuple[IPv6Address, ...], often: int) -> None:
    once = usid.compressed(sids * often)
    assert len(usid.compressed(once)) <= len(once)
    assert usid.expanded(usid.compressed(once)) == sids * often


def test_six_routers_and_an_endpoint_are_one_address() -> None:
    way = [usid.micro_sid(n) for n in (0x10, 0x20, 0x71, 0x60, 0x50, 0x40, 0xE034)]
    assert usid.compressed(way) == (IPv6Address("5f00:10:20:71:60:50:40:e034"),)
    assert usid.expanded(usid.compressed(way)) == tuple(way)
    two = usid.compressed([*way, *way[:2]])
    assert list(map(str, two)) == ["5f00:10:20:71:60:50:40:e034", "5f00:10:20::"]


@pytest.mark.parametrize(
    "sid", ["5f00::", "5f00:0:6::", "5f00:0:6:e001::", "5f00:60:0:1::", "fcff:6::1", "::"]
)
def test_what_is_no_container_is_its_only_part(sid: str) -> None:
    address = IPv6Address(sid)
    assert usid.parts(address) == (address,)
    assert not usid.is_micro_sid(address)


@pytest.mark.parametrize(
    ("addresses", "last_is_micro", "most"),
    [(1, True, 7), (1, False, 1), (3, True, 21), (2, False, 8)],
)
def test_how_much_fits_is_what_compression_needs(
    addresses: int, last_is_micro: bool, most: int
) -> None:
    assert usid.most_segments(addresses, last_is_micro) == most
    last = usid.micro_sid(9) if last_is_micro else IPv6Address("fcdd::1")
    full = [usid.micro_sid(1)] * (most - 1) + [last]
    assert len(usid.compressed(full)) == addresses
    assert len(usid.compressed([usid.micro_sid(2), *full])) == addresses + 1
