"""Routers have a SID per adjacency, which nobody else has, and which the others can reach."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest

from testbed.plan.addressing import ROUTER_SIDS, adjacency_sid, locator
from testbed.plan.checks.overlaps import claims
from testbed.plan.model import Plan
from testbed.plan.reserved import reserved
from testbed.plan.spf import demanded_routes, sid_owner
from testbed.plan.waypoints import waypoints
from testbed.render import network
from tests.shipped_plans import shipped_plan
from tests.unit.topology.topology_file import TWO, plan_of, problems_of, write


@pytest.fixture(scope="module")
def full() -> Plan:
    return shipped_plan("full")


def test_each_adjacency_of_a_router_has_a_sid_in_its_locator(full: Plan) -> None:
    sids = {port.interface: str(sid) for sid, (port, _) in full.adjacencies.items()}
    assert len(sids) == 20  # both ends of ten links between routers
    assert sids["r4-r5"] == "5f00:0:4:e002::"
    assert sids["r5-r4"] == "5f00:0:5:e001::"
    for sid, (port, peer) in full.adjacencies.items():
        assert sid in (full.node(port.node).locator or ())
        assert port.interface == f"{port.node}-{peer.node}"
        assert sid_owner(full, sid) == port.node
        assert sid in waypoints(full)


def test_sids_of_parallel_links_are_different(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, TWO + "self.addLink(r2, r1)")
    assert {p.interface: str(sid) for sid, (p, _) in plan.adjacencies.items()} == {
        "r1-r2": "5f00:0:1:e001::",
        "r2-r1": "5f00:0:2:e001::",
        "r2-r1.2": "5f00:0:2:e002::",
        "r1-r2.2": "5f00:0:1:e002::",
    }
    assert {str(route) for route in network.static_routes(plan, plan.node("r1"))} == {
        "5f00:0:1::/48, a locator",
        "5f00:0:1:e001::/128, an End.X SID",
        "5f00:0:1:e002::/128, an End.X SID",
    }


def test_sids_of_a_thousand_routers_with_many_adjacencies_are_unique() -> None:
    numbers = (1, 12, 255, 999, 1000, 9999)
    made = Counter(adjacency_sid(n, i) for n in numbers for i in range(1, 10_000))
    assert len(made) == len(numbers) * 9999
    assert all(sid in locator(n) for n in numbers for sid in (adjacency_sid(n, 9999),))
    locators = {locator(n) for n in range(1, 10_000)}
    assert len(locators) == 9999
    assert all(one.subnet_of(ROUTER_SIDS) for one in locators)
    # a locator's next 16 bits are a router's number only in a list of micro SIDs (RFC 9800)
    functions = {int(sid) >> 64 & 0xFFFF for sid in made}
    assert functions.isdisjoint(int(str(n), 16) for n in range(10_000))


def test_no_address_of_the_papers_lies_among_them(full: Plan) -> None:
    ours = ROUTER_SIDS
    others = [claim for claim in claims(full) if claim.network != ours]
    assert len(others) > 50
    assert not [
        claim for claim in others if claim.network.version == 6 and claim.network.overlaps(ours)
    ]
    assert ours in {one.network for one in reserved(full)}


@pytest.mark.parametrize(
    "given",
    [
        'self.addHost("h", ip="5f00:0:1::7/64")',
        'self.addHost("h", cluster=True, sid_pool="5f00::/16")',
    ],
)
def test_a_given_address_among_them_is_refused(given: str, tmp_path: Path) -> None:
    found = problems_of(write(tmp_path, TWO + f"self.addLink(r1, {given})"))
    assert len(found) == 1
    assert "block of router SIDs 5f00::/32" in found[0].what
    assert found[0].where == "mine.py:6"
    assert "choose a network outside of 5f00::/32 for" in found[0].fix


def test_is_is_leads_every_other_router_to_a_locator(full: Plan) -> None:
    routes = demanded_routes(full)
    four = IPv6Network("5f00:0:4::/48")
    assert routes["r3"][four] == {"r3-r4"}
    assert four not in routes["r4"]
    assert all(four in routes[f"r{n}"] for n in (1, 2, 3, 5, 6, 7, 8))


def test_a_router_installs_its_sids_and_a_locator_that_ends_there(full: Plan) -> None:
    lines = [route.line() for route in network.static_routes(full, full.node("r5"))]
    assert lines == [
        "route add unreachable 5f00:0:5::/48 proto static",
        "route add 5f00:0:5:e001::/128 encap seg6local action End.X nh6 fcf0:0:4:5::1 "
        "dev r5-r4 proto static",
        "route add 5f00:0:5:e002::/128 encap seg6local action End.X nh6 fcf0:0:5:6::2 "
        "dev r5-r6 proto static",
    ]


def test_an_interface_names_its_sid(full: Plan) -> None:
    assert full.adjacency_sids["r4-r5"] == IPv6Address("5f00:0:4:e002::")
    assert "r3-worker1" not in full.adjacency_sids
