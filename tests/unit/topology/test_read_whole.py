"""A topology object is read whole: what a lab does not do is refused, once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.plan.problems import Problem
from testbed.topology.load import load_plan
from tests.unit.topology.topology_file import (
    TWO,
    assert_one_finding,
    plan_of,
    problems_of,
    write,
)

ONE_FINDING = {
    "overlay": ("self.addAS(1, [r1, r2])", 6, "AS", "routers run no BGP"),
    "two of an overlay": (
        "for n in (1, 2): self.addOSPFArea(str(n), routers=[r1])",
        6,
        "OSPFArea",
        "not OSPF",
    ),
    "full mesh": ("self.addiBGPFullMesh(1, routers=[r1, r2])", 6, "iBGPFullMesh", "no BGP"),
    "DNS zone": ('self.addDNSZone("example.org", "h")', 6, "DNSZone", "no host runs a DNS server"),
    "daemon": (
        "from ipmininet.router.config import OSPF\n"
        "for r in (r1, r2): r.addDaemon(OSPF, hello_int=1)",
        7,
        "r1, r2",
        "addDaemon(OSPF): a lab runs zebra and isisd",
    ),
    "daemon of a host": (
        "from ipmininet.host.config import Named\n"
        'h = self.addHost("h"); self.addLink(r1, h); h.addDaemon(Named)',
        7,
        "h",
        "addDaemon(Named)",
    ),
    "BGP session": (
        "from ipmininet.router.config.bgp import ebgp_session\nebgp_session(self, r1, r2)",
        7,
        "r1, r2",
        "ebgp_session() configures what no lab runs",
    ),
    "physical interface": (
        'self.capture_physical_interface("eth1", r1)',
        6,
        "r1",
        "interface eth1: a lab has no physical interface",
    ),
    "physical interface, written": (
        'self.phys_interface_capture = {"eth1": r1}',
        6,
        "r1",
        "interface eth1",
    ),
    "daemons by option": (
        'self.addLink(r1, self.addRouter("r3", config=dict))',
        6,
        "r3",
        "option 'config' is unknown: a router runs zebra and isisd",
    ),
    "class of a link": (
        "from mininet.link import OVSLink\nself.addLink(r1, r2, cls=OVSLink)",
        7,
        "r1-r2",
        "links are veth pairs",
    ),
    "ports": ("self.addLink(r1, r2, port1=7)", 6, "r1-r2", "links have no port numbers"),
    "key twice": (
        'self.addLink(r1, r2, key="a"); self.addLink(r1, r2, key="a")',
        6,
        "r1-r2",
        "another link of the two nodes has this key",
    ),
    "option of an end": (
        'l = self.addLink(r1, r2)\nl[r1].addParams(delay="5ms")',
        7,
        "r1-r2",
        "option 'delay' is unknown",
    ),
    "many with one option": (
        'for n in "abcdefg": self.addLink(r1, self.addRouter(n, use_v4=False))',
        6,
        "a, b, c, d and 3 more",
        "option 'use_v4' is unknown",
    ),
    "cluster node and injector": (
        'self.addLink(r1, self.addHost("n", cluster=True, injector=True))',
        6,
        "n",
        "option 'injector' is unknown",
    ),
    "advertised injector": (
        'self.addLink(r1, self.addHost("n", injector=True, advertised=False))',
        6,
        "n",
        "option 'advertised' is unknown",
    ),
    "hidden data centre": (
        'self.addLink(r1, self.addHost("h", data_centre=True, advertised=False))',
        6,
        "h",
        "exclude each other",
    ),
    "flag that is text": (
        'self.addLink(r1, self.addHost("n", cluster="no"))',
        6,
        "n",
        "cluster='no' is not usable",
    ),
    "metric of one end": (
        'self.addLink(r1, self.addRouter("r3"), params1={"igp_metric": 5})',
        6,
        "r1-r3",
        "different IS-IS metrics",
    ),
    "metric of link and ends": (
        'ends = {"params1": {"igp_metric": 5}, "params2": {"igp_metric": 5}}\n'
        'self.addLink(r1, self.addRouter("r3"), igp_metric=9, **ends)',
        7,
        "r1-r3",
        "different IS-IS metrics",
    ),
    "end that is no dictionary": (
        "self.linkInfo(r1, r2)['params1'] = 5",
        5,
        "r1-r2",
        "params1=5 is not usable",
    ),
    "link to an unknown node": (
        'self.addLink(r1, "r3")',
        6,
        "r1-r3",
        "there is no node 'r3' to link",
    ),
}


@pytest.mark.parametrize("case", ONE_FINDING)
def test_one_finding_with_its_line(tmp_path: Path, case: str) -> None:
    assert_one_finding(tmp_path, ONE_FINDING[case])


def with_class_body(directory: Path, lines: str) -> list[Problem]:
    file = Path(write(directory, TWO))
    file.write_text(file.read_text() + "".join(f"    {x}\n" for x in lines.splitlines()))
    return problems_of(str(file))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("def post_build(self, net):\n    super().post_build(net)", "post_build() is never called"),
        ("def hosts(self, sort=True):\n    return []", "hosts() is never called"),
        ("def isRouter(self, n):\n    return True", "isRouter() is never called"),
        ("pods_v = None", "attribute 'pods_v' means nothing"),
        ("max_segment = 2", "attribute 'max_segment' means nothing"),
        ("podsV4 = None", "attribute 'podsV4' means nothing"),
        ("ASN = 65000", "attribute 'ASN' means nothing"),
    ],
)
def test_methods_and_attributes_that_nothing_reads(tmp_path: Path, body: str, what: str) -> None:
    (problem,) = with_class_body(tmp_path, body)
    assert problem.where == "mine.py:7"
    assert what in problem.what


def test_what_python_gives_every_class_is_not_the_users(tmp_path: Path) -> None:
    """As of Python 3.13 each class has this one, those of IPMininet too."""
    file = Path(write(tmp_path, TWO))
    plan = load_plan(str(file))
    theirs = "\nfrom mininet.topo import Topo\nTopo.__firstlineno__ = 1\n"
    file.write_text(f"{file.read_text()}    __firstlineno__ = 3\n{theirs}")
    assert load_plan(str(file)) == plan


def test_an_attribute_of_the_object_is_read_or_refused_at_its_line(tmp_path: Path) -> None:
    body = 'r1 = self.addRouter("r1")\nself.max_segments = 2\nself.routers_of_mine = [r1]'
    assert plan_of(tmp_path, body).max_segments == 2
    (problem,) = problems_of(write(tmp_path, 'self.addRouter("r1")\nself.max_segments = 99'))
    assert problem.where == "mine.py:5"


def test_overlays_that_set_options_are_applied(tmp_path: Path) -> None:
    body = (
        'from ipmininet.overlay import Overlay\nr1, r2 = self.addRouters("r1", "r2")\n'
        'self.addLink(r1, r2)\nself.addSubnet(nodes=[r1, r2], subnets=["2001:db8:7::/64"])\n'
        'self.addOverlay(Overlay(links=[(r1, r2)], lprops={"igp_metric": 7}))'
    )
    link = plan_of(tmp_path, body).links[0]
    assert (str(link.a.v6), str(link.b.v6)) == ("2001:db8:7::1/64", "2001:db8:7::2/64")
    assert link.metric == 7


@pytest.mark.parametrize(
    ("last", "what"),
    [("super().build()", "it cannot be applied"), ("pass", "it is not applied")],
)
def test_an_overlay_that_is_not_applied_is_refused(tmp_path: Path, last: str, what: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from ipmininet.iptopo import IPTopo\nclass Mine(IPTopo):\n    def build(self):\n"
        '        a, b, c = self.addRouters("r1", "r2", "r3"); self.addLinks((a, b), (b, c))\n'
        f'        self.addSubnet(nodes=[a, c], subnets=["2001:db8::/64"])\n        {last}\n'
    )
    (problem,) = problems_of(str(file))
    assert (problem.where, problem.subject) == ("mine.py:5", "Subnet")
    assert what in problem.what


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ("from ipmininet.ipnet import IPNet; IPNet(topo=None)", "IPNet"),
        ("from mininet.net import Mininet; Mininet().start()", "Mininet"),
        ("from mininet.node import Host; Host('h1')", "Host"),
        ("from mininet.clean import cleanup; cleanup()", "cleanup"),
        ("from ipmininet.clean import cleanup; cleanup()", "cleanup"),
        ("from mininet.util import fixLimits; fixLimits()", "fixLimits"),
        ("from mininet.util import quietRun; quietRun('touch made')", "quietRun"),
        ("import os; os.system('touch made')", "system"),
        ("import os; os.execlp('touch', 'touch', 'made')", "execlp"),
        ("import subprocess; subprocess.run(['touch', 'made'])", "run"),
        ("from mininet.net import Mininet\ntry: Mininet()\nexcept Exception: pass", "Mininet"),
        ("from mininet.net import Mininet\ntry: Mininet()\nexcept: pass", "Mininet"),
    ],
)
def test_reading_a_file_starts_nothing(tmp_path: Path, before: str, name: str) -> None:
    (problem,) = problems_of(write(tmp_path, TWO, before=before))
    assert problem.where == f"mine.py:{2 if chr(10) in before else 1}"
    assert problem.what.startswith(f"{name}() works on this machine")
    assert problem.fix == "call it below `if __name__ == '__main__':` alone"


def test_a_file_in_another_encoding_is_read(tmp_path: Path) -> None:
    file = Path(write(tmp_path, TWO + "\nself.max_segments = 2"))
    text = f"# -*- coding: latin-1 -*- \u00e9\n{file.read_text()}"
    file.write_bytes(text.encode("latin-1"))
    assert load_plan(str(file)).max_segments == 2


def test_what_a_link_is_told_later_keeps_its_ends(tmp_path: Path) -> None:
    assert (
        plan_of(tmp_path, TWO + '\nself.setlinkInfo("r1", "r2", {"mtu": 1400})').links[0].mtu
        == 1400
    )


def test_a_name_of_the_option_in_capitals_may_stand_beside_it(tmp_path: Path) -> None:
    file = Path(write(tmp_path, TWO, base="LabTopo"))
    head = "    ASN = 65000\n    asn = ASN\n    def build"
    file.write_text(file.read_text().replace("    def build", head, 1))
    assert load_plan(str(file)).asn == 65000


def test_a_start_below_main_is_no_start(tmp_path: Path) -> None:
    file = Path(write(tmp_path, TWO))
    guard = "if __name__ == '__main__':\n    from mininet.net import Mininet; Mininet()\n"
    file.write_text(file.read_text() + guard)
    assert len(load_plan(str(file)).links) == 1


def test_a_file_does_not_see_our_command_line(tmp_path: Path) -> None:
    before = "import argparse; argparse.ArgumentParser().parse_args()"
    assert load_plan(write(tmp_path, TWO, before=before)).routers


def test_a_file_that_ends_the_program_is_told_the_line(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, "raise SystemExit(3)"))
    assert problem.where == "mine.py:4"
