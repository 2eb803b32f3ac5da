"""Kernel routes as isis_routes reads them, in a namespace of this test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from testbed.observe.routes import isis_routes, routes_of

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]


def ip(*words: str, stdin: str | None = None) -> None:
    subprocess.run(["ip", *words], input=stdin, check=True, text=True)


@pytest.fixture
def netns() -> Iterator[str]:
    name = f"tbroutes{os.getpid()}"
    ip("netns", "add", name)
    yield name
    ip("netns", "delete", name)


def test_only_isis_routes_with_all_their_next_hops(netns: str) -> None:
    lines = ["link set dev lo up"]
    for index in (1, 2):
        lines += [
            f"link add dev v{index} type veth peer name w{index}",
            f"link set dev v{index} up",
            f"link set dev w{index} up",
            f"addr add fd00:{index}::1/64 dev v{index} nodad",
            f"addr add 10.{index}.0.1/16 dev v{index}",
        ]
    lines += [
        "-6 route add fcff:1::1/128 via fd00:1::2 proto isis",
        "-6 route add fcff:2::1/128 proto isis nexthop via fd00:1::2 nexthop via fd00:2::2",
        "-6 nexthop add id 10 via fd00:1::2 dev v1",
        "-6 nexthop add id 11 via fd00:2::2 dev v2",
        "nexthop add id 12 group 10/11",
        "-6 route add fcff:3::1/128 proto isis nhid 12",
        "-6 route add fcff:4::1/128 via fd00:1::2 proto static",
        "-6 route add fcff:5::1/128 via fd00:1::2 proto isis table 100",
        "-4 route add 10.255.0.1/32 proto isis nexthop via 10.1.0.2 nexthop via 10.2.0.2",
    ]
    for line in lines:
        ip("-n", netns, *line.split())
    assert isis_routes(netns) == {
        ip_network("fcff:1::1/128"): {"v1"},
        ip_network("fcff:2::1/128"): {"v1", "v2"},
        ip_network("fcff:3::1/128"): {"v1", "v2"},
        ip_network("10.255.0.1/32"): {"v1", "v2"},
    }


def test_sids_and_their_locator_are_static_routes(netns: str) -> None:
    lines = (
        "link set dev lo up",
        "link add dev v1 type veth peer name w1",
        "link set dev v1 up",
        "addr add fd00:1::1/64 dev v1 nodad",
        "route add unreachable 5f00:0:1::/48 proto static",
        "route add 5f00:0:1:e001::/128 encap seg6local action End.X nh6 fd00:1::2 dev v1 "
        "proto static",
    )
    for line in lines:
        ip("-6", "-n", netns, *line.split())
    assert routes_of(netns, 4) == {
        ip_network("5f00:0:1::/48"): {"lo"},
        ip_network("5f00:0:1:e001::/128"): {"v1"},
    }


def test_a_namespace_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        isis_routes("tbroutes-none")
