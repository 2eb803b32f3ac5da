"""Topologies: the shipped ones have the paper's addresses, bad ones all their errors at once."""

from __future__ import annotations

import os
import subprocess
import sys
from ipaddress import IPv6Address, IPv6Network
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.plan.model import Plan, Role
from testbed.plan.problems import InvalidPlan
from testbed.topology.load import load_plan, shipped

LINKS = {
    # link: (IPv6 /64, IPv4 /16), from the paper's scripts
    "r1-r2": ("fcf0:0:1:2::", "10.1."),
    "r2-r3": ("fcf0:0:2:3::", "10.2."),
    "r2-r7": ("fcf0:0:2:7::", "10.3."),
    "r3-r4": ("fcf0:0:3:4::", "10.4."),
    "r4-r5": ("fcf0:0:4:5::", "10.5."),
    "r4-r6": ("fcf0:0:4:6::", "10.6."),
    "r5-r6": ("fcf0:0:5:6::", "10.7."),
    "r6-r7": ("fcf0:0:6:7::", "10.8."),
    "r6-r8": ("fcf0:0:6:8::", "10.9."),
    "r7-r8": ("fcf0:0:7:8::", "10.10."),
}


@pytest.fixture(scope="module")
def full() -> Plan:
    return load_plan("full")


def write(directory: Path, body: str) -> str:
    file = directory / "mine.py"
    file.write_text(
        "from ipmininet.iptopo import IPTopo\n"
        "class Mine(IPTopo):\n"
        "    def build(self, *args, **kwargs):\n"
        + "".join(f"        {line}\n" for line in body.splitlines())
        + "        super().build(*args, **kwargs)\n"
    )
    return str(file)


def test_shipped() -> None:
    assert shipped() == ["backbone", "basic", "full", "grid", "rack", "star"]


@pytest.mark.parametrize("name", LINKS)
def test_backbone_links(full: Plan, name: str) -> None:
    link = next(x for x in full.links if x.a.interface == name)
    v6, v4 = LINKS[name]
    assert (str(link.a.v6), str(link.b.v6)) == (f"{v6}1/64", f"{v6}2/64")
    assert (str(link.a.v4), str(link.b.v4)) == (f"{v4}0.1/16", f"{v4}0.2/16")


@pytest.mark.parametrize(
    ("node", "v6", "v4"),
    [
        ("r8", "fcff:8::1", "10.255.255.8"),
        ("h11", "fd00:0:11::2", None),
        ("h83", "fd00:0:83::2", None),
        ("hdc1", "fcff:2:1::2", None),
        ("hdc3", "fcff:5:1::2", None),
        ("gobgp", "fd00:0:34::2", "192.168.9.254"),
        ("master", "fd10::1000", "192.168.10.254"),
        ("worker1", "fd11::1000", "192.168.11.254"),
        ("worker2", "fd12::1000", "192.168.12.254"),
    ],
)
def test_addresses(full: Plan, node: str, v6: str, v4: str | None) -> None:
    assert str(full.address_v6(node)) == v6
    assert str(full.address_v4(node)) == str(v4)


def test_cluster_nodes(full: Plan) -> None:
    worker2 = full.node("worker2")
    assert worker2.cluster is not None
    assert worker2.cluster.sid_pool == IPv6Network("fcdd:0:0:12aa::/64")
    assert worker2.cluster.local_sids.dt4 == IPv6Address("fcdd::12aa:d460:b250:45:b04")
    assert str(worker2.gateway_v6) == "fd12::1020"
    assert str(worker2.gateway_v4) == "192.168.12.3"
    assert full.uplink("worker2").peer("worker2").node == "r8"
    assert full.pod_mtu == 1284


def test_paper_profile_does_not_advertise_hosts() -> None:
    plan = load_plan("backbone", profile="paper")
    assert not plan.node("h11").advertised
    assert plan.node("hdc1").advertised
    assert plan.node("gobgp").advertised


def test_plan_survives_json(full: Plan) -> None:
    assert Plan.model_validate_json(full.model_dump_json()) == full


def test_plain_iptopo_of_ten_lines(tmp_path: Path) -> None:
    plan = load_plan(
        write(
            tmp_path,
            'r1, r2 = self.addRouters("r1", "r2")\n'
            "self.addLink(r1, r2, igp_metric=5, bw=10, mtu=1400)\n"
            'self.addLink(r1, self.addHost("h1"))\n'
            'self.addLink(r2, self.addHost("n1", cluster=True), mtu=1500)',
        )
    )
    assert [n.role for n in plan.nodes] == [Role.ROUTER, Role.ROUTER, Role.HOST, Role.CLUSTER]
    assert plan.links[0].metric == 5
    assert plan.links[0].shaping.bandwidth == 10
    cluster = plan.node("n1").cluster
    assert cluster is not None
    assert cluster.local_sids.dt4 in cluster.sid_pool
    assert cluster.local_sids.dt4 != cluster.local_sids.dt6


def test_a_metric_of_none_is_the_default(tmp_path: Path) -> None:
    body = 'r1, r2 = self.addRouters("r1", "r2")\nself.addLink(r1, r2, igp_metric=None)'
    assert load_plan(write(tmp_path, body)).links[0].metric == 10


def test_generated_sids_do_not_depend_on_the_run(tmp_path: Path) -> None:
    body = 'r1 = self.addRouter("r1")\nself.addLink(r1, self.addHost("n1", cluster=True))'
    assert load_plan(write(tmp_path, body)) == load_plan(write(tmp_path, body))


ERRORS = {
    "flag that is none": (
        'r1 = self.addRouter("r1")\nself.addLink(r1, self.addHost("a", data_centre="no"))',
        "mine.py:5: a: data_centre='no' is not usable: True or False is needed",
    ),
    "duplicate address": (
        'r1 = self.addRouter("r1")\n'
        'self.addLink(r1, self.addHost("a", ip="fd00:7::2/64"))\n'
        'self.addLink(r1, self.addHost("b", ip="fd00:7::2/64"))',
        "mine.py:6: b b-r1: address fd00:7::2 is also on a a-r1",
    ),
    "name too long": (
        'r1 = self.addRouter("r1")\nself.addLink(r1, self.addHost("a-very-long-name"))',
        "mine.py:5: r1-a-very-long-name: interface name 'r1-a-very-long-name' has 19 characters",
    ),
    "unconnected router": (
        'self.addRouters("r1", "r2")',
        "r2: not connected to r1",
    ),
    "pool overlap": (
        'r1 = self.addRouter("r1")\n'
        'self.addLink(r1, self.addHost("a", cluster=True))\n'
        'self.addLink(r1, self.addHost("b", cluster=True, sid_pool="fcdd:0:0:aa::/64"))',
        "mine.py:6: b: SID pool fcdd:0:0:aa::/64 overlaps a's fcdd:0:0:aa::/64",
    ),
    "MTU too small": (
        'r1 = self.addRouter("r1")\nself.addLink(r1, self.addHost("a", cluster=True), mtu=1300)',
        "mine.py:5: a: MTU 1300 leaves pods 1204 bytes with 3 segments",
    ),
    "cluster node without router": (
        'self.addRouter("r1")\nself.addHost("a", cluster=True)',
        "mine.py:5: a: cluster node needs exactly one link, to a router; it has 0",
    ),
    "unknown option": (
        'r1, r2 = self.addRouters("r1", "r2")\nself.addLink(r1, r2, igp_metrik=5)',
        "mine.py:5: r1-r2: option 'igp_metrik' is unknown\n  fix: did you mean 'igp_metric'?",
    ),
    "bad delay": (
        'r1, r2 = self.addRouters("r1", "r2")\nself.addLink(r1, r2, delay=5)',
        "mine.py:5: r1-r2: delay=5 is not usable: a time with its unit is needed",
    ),
    "bandwidth is no number": (
        'r1, r2 = self.addRouters("r1", "r2")\nself.addLink(r1, r2, bw=[1])',
        "mine.py:5: r1-r2: bw=[1] is not usable: a number is needed",
    ),
    "address is no list": (
        'self.addHost("h1", ip=5)',
        "mine.py:4: h1: ip=5 is not usable: a list is needed",
    ),
    "list holds no address": (
        'self.addHost("h1", ip=[None])',
        "mine.py:4: h1: ip=[None] is not usable",
    ),
    "defined twice": (
        'r1 = self.addRouter("r1")\nr1 = self.addRouter("r1")',
        "mine.py:5: r1: node is defined twice (first at mine.py:4)",
    ),
    "switch": (
        'self.addRouter("r1")\nself.addSwitch("s1")',
        "mine.py:5: s1: a switch needs one link to a router; it has 0",
    ),
    "raises": ('raise ValueError("no")', "mine.py:4: mine: ValueError: no"),
    "SID outside pool": (
        'r1 = self.addRouter("r1")\n'
        'self.addLink(r1, self.addHost("a", cluster=True, local_sids=("fc00::1", "fc00::2")))',
        "mine.py:5: a: End.DT4 SID fc00::1 is outside its pool fcdd:0:0:aa::/64",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_point_at_the_line(tmp_path: Path, case: str) -> None:
    body, expected = ERRORS[case]
    with pytest.raises(InvalidPlan) as caught:
        load_plan(write(tmp_path, body))
    assert expected in str(caught.value)


def test_all_errors_at_once(tmp_path: Path) -> None:
    body = (
        'r1, r2 = self.addRouters("r1", "r2")\nself.addLink(r1, r2, bw=-1)\nself.addHost("UPPER")'
    )
    with pytest.raises(InvalidPlan) as caught:
        load_plan(write(tmp_path, body))
    assert {p.subject for p in caught.value.problems} == {"r1-r2", "UPPER"}


def test_a_file_that_never_returns(tmp_path: Path) -> None:
    with pytest.raises(TestbedError, match="not built after 1 s"):
        load_plan(write(tmp_path, "while True: pass"), time_limit=1)


# Nine parts of ten of its only processor go to somebody else.
SLOW = """\
import os, time
os.sched_setaffinity(0, {processor})
os.nice(10)
end = time.process_time() + 0.4
while time.process_time() < end: pass
self.addRouter("r1")
"""


def test_a_busy_machine_is_no_endless_loop(tmp_path: Path) -> None:
    processor = {min(os.sched_getaffinity(0))}
    busy = f"import os; os.sched_setaffinity(0, {processor})\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", busy]) as other:
        try:
            body = SLOW.format(processor=processor)
            assert load_plan(write(tmp_path, body), time_limit=2).node("r1")
        finally:
            other.kill()


@pytest.mark.parametrize("text", ["import os; os._exit(3)", "def (", "x = 1", "raise SystemExit"])
def test_hostile_files(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(TestbedError):
        load_plan(str(file))


def test_unknown_topology() -> None:
    with pytest.raises(TestbedError, match="no topology 'fulll'"):
        load_plan("fulll")


def test_the_plans_own_options_are_read_or_refused(tmp_path: Path) -> None:
    """Attributes of the class, each problem with its line."""
    file = tmp_path / "mine.py"
    body = (
        "from testbed.topology import LabTopo\n"
        "class Mine(LabTopo):\n"
        "    {}\n"
        "    def build(self, **options):\n"
        "        self.addRouters('r1', 'r2')\n"
        "        self.addLink('r1', 'r2')\n"
        "        super().build(**options)\n"
    )
    file.write_text(body.format("asn, pods_v4, pods_v6 = 65001, None, 'fdaa::/48'"))
    plan = load_plan(str(file))
    assert (plan.asn, plan.pools.pods_v4, plan.max_segments) == (65001, None, 3)
    assert plan.pools.pods_v6 == IPv6Network("fdaa::/48")
    file.write_text(
        body.format(
            "\n    ".join(
                ("te_mode = 'foo'", "max_segments = '3'", "asn = 0", "pods_v4 = '172.16.0.1/16'")
            )
        )
    )
    with pytest.raises(InvalidPlan) as raised:
        load_plan(str(file))
    assert {p.where for p in raised.value.problems} == {f"mine.py:{n}" for n in (3, 4, 5, 6)}
    assert "'bgp' or 'configmap'" in str(raised.value)
