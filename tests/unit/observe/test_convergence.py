"""Differences between demanded and installed routes, as sentences."""

from __future__ import annotations

from ipaddress import ip_network

from testbed.observe.convergence import difference

P = ip_network("fcff:8::1/128")
BOTH = frozenset({"r3-r2", "r3-r4"})


def test_converged_is_empty() -> None:
    assert difference({"r3": {P: BOTH}}, {"r3": {P: BOTH}}) == []


def test_a_missing_prefix_is_named() -> None:
    expected = ["r3: no route to fcff:8::1/128 (wanted via r3-r2 and r3-r4)"]
    assert difference({"r3": {P: BOTH}}, {"r3": {}}) == expected
    assert difference({"r3": {P: BOTH}}, {}) == expected


def test_half_of_the_next_hops_is_wrong() -> None:
    assert difference({"r3": {P: BOTH}}, {"r3": {P: frozenset({"r3-r4"})}}) == [
        "r3: fcff:8::1/128 goes via r3-r4 instead of r3-r2 and r3-r4"
    ]


def test_more_than_demanded_is_no_difference() -> None:
    assert difference({"r3": {}}, {"r3": {P: BOTH}, "r9": {P: BOTH}}) == []
