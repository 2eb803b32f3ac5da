"""What `validate` says of a file as a program: its fix is followed at the line that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_topology import Mended, check_mended

WHOLE = "testbed/topology/whole.py: "
OVERLAY = (
    "from ipmininet.overlay import Overlay\n"
    'self.addSubnet(nodes=[r1, r2], subnets=["2001:db8:7::/64"])\n'
    'self.addOverlay(Overlay(links=[(r1, r2)], lprops={"igp_metric": 7}))'
)

CASES = {
    "port numbers": Mended(
        WHOLE + "leave port1 and port2 out", "self.addLink(r1, r2, port1=3)", ", port1=3", ""
    ),
    "a key": Mended(
        WHOLE + "leave key out",
        'self.addLink(r1, r2, key="a"); self.addLink(r1, r2, key="a")',
        ', key="a"',
        "",
    ),
    "a hook of Mininet": Mended(
        WHOLE + "remove it; {_INSTEAD[name]}",
        "",
        "def post_build(self, net): pass",
        "",
        rest="    def post_build(self, net): pass\n",
    ),
    "an overlay of nobody": Mended(
        WHOLE + "end build() with super().build(*args, **kwargs)",
        OVERLAY,
        "pass",
        "super().build(*args, **kwargs)",
        base="IPTopo",
        last="pass",
        elsewhere=True,
    ),
    "an overlay without a link": Mended(
        WHOLE + "correct its nodes, links and subnets",
        OVERLAY.replace("nodes=[r1, r2]", "nodes=[r1, r1]"),
        "nodes=[r1, r1]",
        "nodes=[r1, r2]",
        base="IPTopo",
        elsewhere=True,
    ),
    "no topology": Mended(
        "testbed/topology/evaluate_main.py: define one: class Mine(LabTopo), from testbed.topology",
        "",
        "class Mine(object)",
        "class Mine(LabTopo)",
        base="object",
        before="from testbed.topology import LabTopo",
        elsewhere=True,
    ),
    "a daemon": Mended(
        WHOLE + "remove it",
        "from ipmininet.router.config import OSPF\nr1.addDaemon(OSPF)",
        "r1.addDaemon(OSPF)",
        "pass",
        base="IPTopo",
    ),
    "a physical interface": Mended(
        WHOLE + "remove it; `testbed exec NODE COMMAND` reaches a lab's nodes",
        'self.capture_physical_interface("eth1", r1)',
        'self.capture_physical_interface("eth1", r1)',
        "pass",
        base="IPTopo",
    ),
    "a misspelt node": Mended(
        WHOLE + "did you mean {known[near[0]]}?",
        'self.addRouter("router3"); self.addLink(r1, "router3"); self.addLink(r1, "rooter3")',
        "rooter3",
        "SUGGESTED",
    ),
    "a node of nobody": Mended(
        WHOLE + "before that, self.addRouter({call.name})",
        'self.addLink(r1, "zzz")',
        "self.addLink",
        "self.addRouter('zzz'); self.addLink",
    ),
    "a misspelt attribute": Mended(
        WHOLE + "did you mean {near[0]}? Otherwise rename it",
        "self.max_segment = 3",
        "max_segment",
        "SUGGESTED",
    ),
    "a node twice": Mended(
        WHOLE + "rename one",
        'self.addRouter("r2"); self.addLink(r1, "r3")',
        '"r2"',
        '"r3"',
    ),
    "an exception": Mended(
        "testbed/topology/evaluate_main.py: correct the topology file",
        "x = 1 / 0",
        "1 / 0",
        "1",
    ),
    "a network that is started": Mended(
        "testbed/topology/evaluate_main.py: call it below `if __name__ == '__main__':` alone",
        "",
        "IPNet().start()",
        "(lambda: IPNet().start() if __name__ == '__main__' else None)()",
        base="IPTopo",
        before="from ipmininet.ipnet import IPNet; IPNet().start()",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
