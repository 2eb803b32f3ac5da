"""With encoding usid routers, adjacencies and cluster nodes have micro SIDs, each its own."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest

from testbed import usid
from testbed.plan import addressing
from testbed.plan.model import Plan, Role
from testbed.plan.reserved import reserved
from testbed.plan.spf import demanded_routes, sid_owner
from testbed.plan.waypoints import waypoints
from testbed.render import network
from testbed.render.frr import isisd_conf
from tests.shipped_plans import shipped_plan
from tests.unit.topology.topology_file import TWO, plan_of, problems_of, write

USID = "self.encoding = 'usid'\n"  # in front, so that lines are one further


@pytest.fixture(scope="module")
def full() -> Plan:
    return shipped_plan("full", encoding="usid")


def test_there_are_none_unless_asked_for() -> None:
    plan = shipped_plan("full")
    assert plan.encoding == "srh"
    assert not [n for n in plan.nodes if n.micro_sids]
    assert not [p for p in plan.ports if p.micro_sid]
    assert "5f00::/16" not in isisd_conf(plan, plan.node("r1"))


def test_everybody_has_his_own(full: Plan) -> None:
    assert str(full.node("r6").micro_sid) == "5f00:60::"
    links = {p.interface: str(p.micro_sid) for p in full.ports if p.micro_sid}
    assert len(links) == 20
    assert (links["r6-r4"], links["r6-r8"]) == ("5f00:61::", "5f00:64::")
    worker2 = full.node("worker2").cluster
    assert worker2 is not None
    assert worker2.sid_pool == IPv6Network("5f00:e030::/28")
    assert [str(worker2.local_sids.dt4), str(worker2.local_sids.dt6)] == [
        "5f00:e034::",
        "5f00:e036::",
    ]
    for router in full.routers:
        assert sid_owner(full, router.micro_sid or IPv6Address("::")) == router.name
        assert router.micro_sid in waypoints(full)


def test_numbers_are_unique_in_the_largest_lab() -> None:
    made = Counter[IPv6Address | None]()
    for number in range(1, 1000):
        network_of_all = addressing.router_micro_sids(number)
        assert network_of_all is not None
        made[network_of_all.network_address] += 1
        made.update(addressing.adjacency_micro_sid(number, i) for i in range(1, 16))
    nodes = [addressing.node_micro_sids(j) for j in range(250)]
    made.update(addressing.decapsulating_micro_sid(pool, v) for pool in nodes for v in (4, 6))
    assert len(made) == made.total() == 999 * 16 + 500
    assert all(sid is not None and usid.is_micro_sid(sid) for sid in made)
    assert not [pool for pool in nodes if pool.overlaps(addressing.ROUTER_SIDS)]


def test_a_router_installs_them_and_is_is_announces_what_holds_them(full: Plan) -> None:
    lines = [route.line() for route in network.static_routes(full, full.node("r5"))]
    own = "route add 5f00:50::/32 encap seg6local action End flavors next-csid lblen 16 nflen 16"
    across = "encap seg6local action End.X nh6 fcf0:0:4:5::1 flavors next-csid lblen 16 nflen 16"
    assert "route add unreachable 5f00:50::/28 proto static" in lines
    # once per interface: the route goes with it when it goes down
    assert [line for line in lines if line.startswith(own)] == [
        f"{own} dev {port.interface} metric {1024 + place} proto static"
        for place, port in enumerate(full.ports_of("r5"))
    ]
    assert f"route add 5f00:51::/32 {across} dev r5-r4 proto static" in lines
    assert {"5f00:50::/32, a uN SID", "5f00:51::/32, a uA SID"} <= {
        str(route) for route in network.static_routes(full, full.node("r5"))
    }
    routes = demanded_routes(full)
    four = IPv6Network("5f00:40::/28")
    assert four not in routes["r4"]
    assert all(four in routes[f"r{n}"] for n in (1, 2, 3, 5, 6, 7, 8))
    assert "seq 6 deny 5f00::/16 ge 32 le 32" in isisd_conf(full, full.node("r5"))
    assert four in {one.network for one in reserved(full)}


def test_a_nodes_own_sids_stay_where_the_file_gives_them(tmp_path: Path) -> None:
    given = 'self.addHost("n", cluster=True, sid_pool="2001:db8:7::/64")'
    plan = plan_of(tmp_path, USID + TWO + f"self.addLink(r1, {given})")
    (node,) = plan.of(Role.CLUSTER)
    assert node.cluster is not None
    assert node.cluster.local_sids.dt4 in IPv6Network("2001:db8:7::/64")


def test_a_hub_with_too_many_links_and_a_high_number_are_refused(tmp_path: Path) -> None:
    spokes = 'for n in range(3, 18):\n    self.addLink(r1, self.addRouter(f"r{n}"))\n'
    found = problems_of(
        write(tmp_path, USID + TWO + spokes + 'self.addLink(r2, self.addRouter("r1000"))')
    )
    assert [(p.where, p.subject) for p in found] == [
        ("mine.py:9", "r1000"),
        ("mine.py:8", "r1-r17"),
    ]
    assert "no micro SIDs for number 1000" in found[0].what
    assert "r1 has more links to routers than micro SIDs" in found[1].what
    assert not problems_or_none(tmp_path, spokes)


def problems_or_none(tmp_path: Path, more: str) -> object:
    """Without encoding usid the same is fine."""
    return plan_of(tmp_path, TWO + more).node("r1").micro_sids


def test_a_network_among_them_is_refused(tmp_path: Path) -> None:
    given = 'self.addHost("h", ip="5f00:10:20::7/64")'
    found = problems_of(write(tmp_path, USID + TWO + f"self.addLink(r1, {given})"))
    assert [p.what for p in found] == [
        "subnet 5f00:10:20::/64 overlaps r1's micro SIDs 5f00:10::/28"
    ]
