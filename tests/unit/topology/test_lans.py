"""Switches of a file as LANs of the plan: who is in which subnet, by whose addresses."""

from __future__ import annotations

from ipaddress import IPv6Network, ip_interface, ip_network
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.plan.spf import demanded_routes
from testbed.plan.waypoints import waypoints
from testbed.render import cluster, frr, network
from testbed.topology.load import load_plan
from tests.shipped_plans import shipped_plan
from tests.unit.topology.test_load import write

NODES = ("master", "worker1")


def rack() -> Plan:
    return shipped_plan("rack")


def test_those_on_a_lan_share_its_subnets_and_its_router() -> None:
    plan = rack()
    (lan,) = plan.lans
    assert [link.peer("r1").node for link in plan.members_of(lan)] == list(NODES)
    for name in NODES:
        port = plan.uplink(name).end(name)
        assert {a.network for a in port.addresses} == {a.network for a in lan.port.addresses}
        assert plan.uplink(name).peer(name).addresses == ()
        assert plan.node(name).gateway_v6 == ip_interface(str(lan.port.v6)).ip
        assert plan.router_port(name) == lan.port
    assert plan.router_port("worker2") == plan.uplink("worker2").peer("worker2")
    owners = {plan.owner(address.ip) for address in lan.port.addresses}
    assert owners == {"r1"} and lan.port.v6 is not None and lan.port.v6.ip in waypoints(plan)


def test_the_bridge_is_made_before_it_has_addresses() -> None:
    lines = network.node(rack(), rack().node("r1")).splitlines()
    (made,) = [i for i, line in enumerate(lines) if "type bridge" in line]
    assert lines[made + 1 : made + 3] == [
        f"link set dev r1-{name} master r1-rack" for name in NODES
    ]
    assert any(line.startswith("addr add fd10::") for line in lines[made:])
    sid_routes = [line for line in lines if "fcdd:" in line]
    assert len(sid_routes) == 2 and all("dev r1-rack" in line for line in sid_routes)


def test_isis_has_the_subnet_once_and_no_port_of_the_bridge() -> None:
    plan = rack()
    conf = frr.isisd_conf(plan, plan.node("r1"))
    assert "interface r1-rack" in conf and "interface r1-master" not in conf
    subnet = ip_network("fd10::/64")
    assert isinstance(subnet, IPv6Network)
    assert demanded_routes(plan)["r3"][subnet] == frozenset({"r3-r1"})


def test_a_node_knows_the_subnets_of_its_uplink() -> None:
    config = cluster.agent_config(rack(), rack().node("worker1"))
    assert config["subnets"] == ["fd10::/64", "192.168.10.0/24"]


def test_addresses_that_are_given(tmp_path: Path) -> None:
    body = (
        'r1 = self.addRouter("r1")\n'
        'lan = self.addSwitch("lan")\n'
        'self.addLink(r1, lan, igp_metric=7, params1={"ip": "fd00:9::99/64"})\n'
        'self.addLink(self.addHost("h1", ip="fd00:9::5/64"), lan)\n'
        'self.addLink(lan, self.addHost("h2"))\n'
        'self.addLink(lan, self.addHost("h3", ip="192.0.2.9/29"))'
    )
    plan = load_plan(write(tmp_path, body))
    (lan,) = plan.lans
    assert (str(lan.port.v6), str(lan.port.v4), lan.metric) == ("fd00:9::99/64", "192.0.2.11/29", 7)
    found = {n: [str(a) for a in plan.uplink(n).end(n).addresses] for n in ("h1", "h2", "h3")}
    assert found["h1"][0] == "fd00:9::5/64" and found["h3"][1] == "192.0.2.9/29"
    every = [address for addresses in found.values() for address in addresses]
    assert len(set(every)) == len(every) == 6
    assert {str(ip_interface(a).network) for a in every} == {"fd00:9::/64", "192.0.2.8/29"}


def test_a_hundred_on_one_lan(tmp_path: Path) -> None:
    body = (
        'self.addLink(self.addRouter("r1"), self.addSwitch("lan"))\n'
        "for n in range(100):\n"
        '    self.addLink("lan", self.addHost(f"h{n}x"))'
    )
    plan = load_plan(write(tmp_path, body.replace("    self", "            self")))
    addresses = [plan.address_v6(f"h{n}x") for n in range(100)]
    assert len(set(addresses)) == 100


def test_a_member_in_a_subnet_that_the_router_is_not_in(tmp_path: Path) -> None:
    body = (
        'self.addLink(self.addRouter("r1"), self.addSwitch("lan"), params1={"ip": "fd09::1/32"})\n'
        'self.addLink("lan", self.addHost("h1", ip="2001:db8:1::1/32"))'
    )
    with pytest.raises(TestbedError) as refused:
        load_plan(write(tmp_path, body))
    assert "r1 has no address in 2001:db8::/32" in str(refused.value)
