"""Which addresses a node's own routes lead to, as `ip` lists them."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address

import pytest

from testbed.agent.dataplane.route_watch import rerouted
from testbed.agent.desired.routes import PROTOCOL
from testbed.agent.desired.underlay import parse

LISTED: list[dict[str, object]] = [
    {"dst": "default", "gateway": "fd11::1020", "protocol": "3", "metric": 1024, "flags": []},
    {"dst": "fd11::/64", "dev": "up", "protocol": "2", "metric": 256, "flags": []},
    {"dst": "2001:db8:1::/48", "type": "7", "protocol": "4", "metric": 1024, "flags": []},
    {"dst": "2001:db8:1:1::/64", "dev": "up", "protocol": "4", "metric": 1024, "flags": []},
    {"dst": "2001:db8:2::1", "dev": "up", "protocol": "4", "metric": 1024, "flags": ["dead"]},
    {"dst": "2001:db8:3::/48", "type": "6", "protocol": "4", "metric": 2000, "flags": []},
    {"dst": "2001:db8:3::/48", "dev": "up", "protocol": "4", "metric": 1024, "flags": []},
    {"dst": "2001:db8:4::/48", "type": "6", "protocol": str(PROTOCOL), "metric": 1, "flags": []},
    {"dst": "2001:db8:5::/48", "type": "9", "metric": 1, "flags": []},
    {
        "dst": "2001:db8:1:2::/64",
        "metric": 1024,
        "nexthops": [{"dev": "a", "flags": ["dead"]}, {"dev": "b", "flags": []}],
    },
]


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("fcff:6::1", True),  # by the default route
        ("2001:db8:1::1", False),
        ("2001:db8:1:1::1", True),  # a longer prefix than the refused one
        ("2001:db8:1:2::1", True),  # one of two next hops is alive
        ("2001:db8:2::1", True),  # a dead route does not count, the default does
        ("2001:db8:3::1", True),  # the lower metric
        ("2001:db8:4::1", True),  # the agent's own route is none of the underlay's
        ("2001:db8:5::1", False),  # throw
    ],
)
def test_the_longest_prefix_that_is_not_ours_counts(address: str, reached: bool) -> None:
    assert parse(LISTED).reaches(IPv6Address(address)) is reached


def test_without_a_default_route_the_rest_is_not_reached() -> None:
    known = parse(LISTED[1:])
    assert not known.reaches(IPv6Address("fcff:6::1"))
    assert not known.reaches(IPv6Address("2001:db8:2::1"))
    assert known.reaches(IPv6Address("fd11::9"))


def message(
    kind: int, family: int = 10, table: int = 254, protocol: int = 4, to: str = "2001:db8::"
) -> bytes:
    attribute = struct.pack("=HH", 20, 1) + IPv6Address(to).packed
    body = struct.pack("=BBBBBBBBI", family, 64, 0, 0, table, protocol, 0, 1, 0) + attribute
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


def test_changes_of_the_underlay_are_heard() -> None:
    assert rerouted(message(24)) and rerouted(message(25))
    assert rerouted(message(16) + message(24))
    assert not rerouted(message(24, protocol=PROTOCOL))
    assert not rerouted(message(24, table=255))
    assert not rerouted(message(24, family=2))
    assert not rerouted(message(24, to="fe80::"))  # every new interface of a pod has that
