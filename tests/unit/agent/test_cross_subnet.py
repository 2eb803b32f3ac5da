"""CrossSubnet: no overlay between nodes of one subnet, and the pool's overlay to all others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from testbed.agent.desired.decide import decide
from testbed.agent.desired.inputs import Inputs
from testbed.agent.desired.overlays.devices import Tunnels
from testbed.agent.desired.routes import Hop
from tests.unit.agent.decision_inputs import BASE, PEERED, W2, config
from tests.unit.agent.test_overlays import L4, L6, inputs, pool

SHARED = ("fd12::/64", "192.168.12.0/24")
POOLS = (
    pool("x4", "172.18.0.0/16", vxlanMode="CrossSubnet"),
    pool("x6", "fd18::/48", vxlanMode="CrossSubnet"),
)


def with_subnets(*pools: dict[str, Any], subnets: tuple[str, ...]) -> Inputs:
    found = inputs(*(pools or POOLS))
    return replace(found, config=config(subnets=list(subnets)))


def vias(found: Inputs) -> dict[str, str]:
    return {entry.prefix: entry.via for entry in decide(found).prefixes}


def test_nodes_of_one_subnet_use_no_overlay() -> None:
    found = with_subnets(subnets=SHARED)
    assert {vias(found)[L4], vias(found)[L6]} == {"direct"}
    routes = {route.prefix: route.hops for route in decide(found).routes}
    assert routes[L4] == (Hop(BASE.config.uplink, via="192.168.12.254"),)
    assert routes[L6] == (Hop(BASE.config.uplink, via=str(W2)),)


def test_the_device_is_there_for_nodes_elsewhere_and_has_no_entry_of_this_one() -> None:
    tunnels = decide(with_subnets(subnets=SHARED)).tunnels
    assert isinstance(tunnels, Tunnels)
    assert [device.kind for device in tunnels.devices] == ["vxlan"] and tunnels.nodes == ()


@pytest.mark.parametrize("subnets", [(), ("fd11::/64", "192.168.11.0/24")])
def test_nodes_of_different_subnets_use_the_overlay(subnets: tuple[str, ...]) -> None:
    found = with_subnets(subnets=subnets)
    assert {vias(found)[L4], vias(found)[L6]} == {"vxlan"}


def test_ipv4_by_ipv6_where_the_subnet_has_no_ipv4() -> None:
    routes = {r.prefix: r.hops for r in decide(with_subnets(subnets=("fd12::/64",))).routes}
    assert routes[L4] == (Hop(BASE.config.uplink, via=str(W2)),)


@pytest.mark.parametrize("mode", ["Always", "Never"])
def test_no_other_mode_does_that(mode: str) -> None:
    found = with_subnets(pool("a4", "172.18.0.0/16", vxlanMode=mode), subnets=SHARED)
    assert vias(found)[L4] == {"Always": "vxlan", "Never": "segments"}[mode]
    assert PEERED
