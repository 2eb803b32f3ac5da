"""What `validate` says of switches: its fix is followed at the line that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_topology import Mended, check_mended

LANS = "testbed/topology/lans.py: "
CHECKS = "testbed/plan/checks/lans.py: "
LAN = 'self.addSwitch("s1"); self.addLink(r1, "s1"); '
ONE = 'self.addLink("s1", self.addHost("h1"))'

CASES = {
    "two switches": Mended(
        LANS + "link the nodes of both to one switch",
        'self.addSwitch("s1"); self.addSwitch("s2"); self.addLink(r1, "s1"); '
        f'self.addLink("s1", "s2"); {ONE}; self.addLink("s2", self.addHost("h2"))',
        'self.addSwitch("s2"); self.addLink(r1, "s1"); '
        f'self.addLink("s1", "s2"); {ONE}; self.addLink("s2"',
        f'self.addLink(r1, "s1"); {ONE}; self.addLink("s1"',
    ),
    "no router": Mended(
        LANS + "link it to a router, and hosts to it, or remove it",
        'self.addSwitch("s1")',
        'self.addSwitch("s1")',
        LAN + ONE,
    ),
    "two routers": Mended(
        LANS + "link the routers directly, and the switch to one of them",
        LAN + f'self.addLink(r2, "s1"); {ONE}',
        '; self.addLink(r2, "s1")',
        "; self.addLink(r1, r2)",
    ),
    "nobody": Mended(
        LANS + "link some to it, or remove it", LAN.rstrip("; "), LAN.rstrip("; "), LAN + ONE
    ),
    "the router's link": Mended(
        LANS + "give it to the links of the nodes on the switch",
        f'self.addSwitch("s1"); self.addLink(r1, "s1", delay="1ms"); {ONE}',
        'self.addLink(r1, "s1", delay="1ms"); self.addLink("s1", self.addHost("h1"))',
        'self.addLink(r1, "s1"); self.addLink("s1", self.addHost("h1"), delay="1ms")',
    ),
    "a node's metric": Mended(
        LANS + "give it to the link of the router and {switch.name}",
        LAN + 'self.addLink("s1", self.addHost("h1"), igp_metric=5)',
        f'{LAN}self.addLink("s1", self.addHost("h1"), igp_metric=5)',
        f'self.addSwitch("s1"); self.addLink(r1, "s1", igp_metric=5); {ONE}',
    ),
    "a switch's address": Mended(
        LANS + "give them to the other end",
        LAN + 'self.addLink("s1", self.addHost("h1"), params1={"ip": "fd00:7::1/64"})',
        "params1",
        "params2",
    ),
    "long name": Mended(
        CHECKS + "shorten the name of the switch or of the router",
        'self.addSwitch("a-long-switch"); self.addLink(r1, "a-long-switch"); '
        'self.addLink("a-long-switch", self.addHost("h1"))',
        "a-long-switch",
        "s1",
    ),
    "MTU": Mended(
        CHECKS + "mtu={lan.mtu}, or the same for all on {lan.name}",
        LAN + 'self.addLink("s1", self.addHost("h1"), mtu=1400)\n'
        'self.addLink("s1", self.addHost("h2"))',
        '"))',
        '"), mtu=1400)',
    ),
    "no room": Mended(
        CHECKS + "use a shorter prefix",
        LAN + 'self.addLink("s1", self.addHost("h1", ip="fd00:7::/127"))\n'
        'self.addLink("s1", self.addHost("h2"))',
        "/127",
        "9/64",
        elsewhere=True,
    ),
    "no room for the router": Mended(
        CHECKS + "give {lan.port.node} one on its link to {lan.name}, or use a shorter prefix",
        LAN + 'self.addLink("s1", self.addHost("h1", ip="fd00:7::/127")); '
        'self.addLink("s1", self.addHost("h2", ip="fd00:7::1/127"))',
        'fd00:7::/127")); self.addLink("s1", self.addHost("h2", ip="fd00:7::1/127',
        'fd00:7::9/64")); self.addLink("s1", self.addHost("h2", ip="fd00:7::8/64',
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_fix_mends_it(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
