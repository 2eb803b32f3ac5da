"""What `validate` says of a topology file: its fix is followed at the line that it names."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.plan.problems import Problem
from testbed.topology.evaluate_main import evaluate
from tests.repository import ROOT
from tests.unit.fixes.applied import edited, is_printed_by
from tests.unit.topology.topology_file import TWO, write


@dataclass(frozen=True)
class Mended:
    """A file's lines after TWO; what of the named line is replaced, and by what."""

    fix: str
    body: str
    old: str
    new: str
    two: str = TWO  # what stands before
    base: str = "LabTopo"
    before: str = ""  # what stands before the class
    last: str = ""  # what stands at the end of build() instead
    rest: str = ""  # what stands behind it
    elsewhere: bool = False  # the line to edit is not the one that is named


NODES = 'a = self.addClusterNode("a"); self.addLink(r1, a)\n'
LINK = "testbed/plan/checks/links.py: "
OPTIONS = "testbed/topology/options.py: "
SHAPING = "testbed/plan/checks/shaping.py: "
WHOLE = "testbed/topology/whole.py: "
STRUCTURE = "testbed/plan/checks/structure.py: "
SIDS = "testbed/plan/checks/sids.py: "
ADDRESSES = "testbed/plan/checks/addresses.py: "
SIZES = "testbed/plan/checks/sizes.py: "
KNOWN = "known here: {', '.join(sorted(known - {'isRouter'}))}"
OVERLAY = (
    "from ipmininet.overlay import Overlay\n"
    'self.addSubnet(nodes=[r1, r2], subnets=["2001:db8:7::/64"])\n'
    'self.addOverlay(Overlay(links=[(r1, r2)], lprops={"igp_metric": 7}))'
)

CASES = {
    "a loss that no routing survives": Mended(
        SHAPING + "leave it out; once the lab is up: {later}",
        'self.addLink(r1, self.addRouter("r3"), loss=40)',
        ", loss=40",
        "",
    ),
    "a loop": Mended(
        LINK + "link two different nodes, or remove it", "self.addLink(r1, r1)", "r1, r1", "r1, r2"
    ),
    "a long name": Mended(
        LINK + "shorten one of the two node names",
        'self.addLink(r1, self.addHost("a-very-long-name"))',
        "a-very-long-name",
        "a-name",
    ),
    "a device's name": Mended(
        LINK + "rename one of the two nodes",
        'self.addLink(self.addRouter("tun"), self.addClusterNode("srv6")); self.addLink(r1, "tun")',
        '"tun"',
        '"tin"',
    ),
    "parallel metrics": Mended(
        LINK
        + "igp_metric={other.metric}, as the other link has it; or put a router between the two "
        "on one of the links",
        "self.addLink(r1, r2, igp_metric=7)",
        "igp_metric=7",
        "igp_metric=10",
    ),
    "too far": Mended(
        LINK + "lower the igp_metric of its links",
        "ring = self.addRouters(*(f'x{n}' for n in range(300))); "
        "[self.addLink(a, b, igp_metric=16777214) for a, b in zip((r2, *ring), ring)]",
        "igp_metric=16777214",
        "igp_metric=1000",
    ),
    "no router": Mended(
        STRUCTURE + "self.addRouter('r1')", "", "pass", "self.addRouter('r1')", two="pass\n"
    ),
    "not connected": Mended(
        STRUCTURE + "self.addLink({routers[0]}, {router.name})",
        'self.addRouter("r3")',
        'self.addRouter("r3")',
        'self.addRouter("r3"); FIX',
    ),
    "no link": Mended(
        STRUCTURE + "self.addLink({plan.routers[0].name}, {name})",
        'self.addHost("h")',
        'self.addHost("h")',
        'self.addHost("h"); FIX',
    ),
    "two links": Mended(
        STRUCTURE + "leave {name} one link, to a router",
        'h = self.addHost("h"); self.addLink(r1, h); self.addLink(r2, h)',
        "; self.addLink(r2, h)",
        "",
    ),
    "two control planes": Mended(
        STRUCTURE + "leave it out at one of them",
        'self.addLink(r1, self.addClusterNode("a", control_plane=True))\n'
        'self.addLink(r2, self.addClusterNode("b", control_plane=True))',
        ", control_plane=True",
        "",
    ),
    "a late control plane": Mended(
        STRUCTURE + "leave joins_later out, or give another cluster node control_plane=True",
        'self.addLink(r1, self.addClusterNode("a", control_plane=True, joins_later=True))',
        ", joins_later=True",
        "",
    ),
    "no control plane": Mended(
        STRUCTURE + "leave control_plane=False out",
        'self.addLink(r1, self.addClusterNode("a", control_plane=False))',
        ", control_plane=False",
        "",
    ),
    "one SID pool": Mended(
        SIDS + "give each cluster node a /64 of its own",
        NODES + 'self.addLink(r1, self.addClusterNode("b", sid_pool="fcdd:0:0:aa::/64"))',
        "fcdd:0:0:aa::/64",
        "fcdd:0:0:bb::/64",
    ),
    "the policy pool": Mended(
        SIDS + "choose another pool",
        'self.addLink(r1, self.addClusterNode("b", sid_pool="cafe::/64"))',
        "cafe::/64",
        "fcdd:0:0:bb::/64",
    ),
    "a SID outside": Mended(
        SIDS + "choose an address inside {spec.sid_pool}",
        'self.addLink(r1, self.addClusterNode("b", sid_pool="fcdd:0:0:bb::/64", '
        'local_sids=("fcdd::cc:1", "fcdd::bb:0:0:0:2")))',
        "fcdd::cc:1",
        "fcdd::bb:0:0:0:1",
    ),
    "a binding SID outside": Mended(
        SIDS + "choose an address inside {plan.pools.policies}",
        'self.addLink(r1, self.addClusterNode("b", binding_sids=("cafe::7", "cafd::8")))',
        "cafd::8",
        "cafe::8",
    ),
    "a SID twice": Mended(
        SIDS + "pin another one",
        'self.addLink(r1, self.addClusterNode("b", binding_sids=("cafe::7", "cafe::7")))',
        '"cafe::7")',
        '"cafe::8")',
    ),
    "two subnets": Mended(
        ADDRESSES + "give both ends addresses of one subnet, or one end none: it gets an address "
        "in the other's",
        'self.addLink(r1, self.addHost("h"), params1={"ip": "fd00:8::1/64"}, '
        'params2={"ip": "fd00:9::2/64"})',
        "fd00:9::2",
        "fd00:8::2",
    ),
    "a full subnet": Mended(
        ADDRESSES + "use a shorter prefix, or give both ends an address (params1, params2)",
        'self.addLink(r1, self.addHost("h", ip=["10.5.0.1/30", "10.5.0.2/30"]))',
        "/30",
        "/29",
    ),
    "an address of two": Mended(
        ADDRESSES + "give one of them another address",
        'self.addLink(r1, self.addHost("h", ip="fd00:7::2/64"))\n'
        'self.addLink(r1, self.addHost("g", ip="fd00:7::2/64"))',
        "fd00:7::2",
        "fd00:8::2",
    ),
    "overlapping networks": Mended(
        "testbed/plan/checks/overlaps.py: choose another network for {claim.owner} or for "
        "{other.owner}",
        NODES + 'self.addLink(r2, self.addHost("h", ip="172.16.4.2/24"))',
        "172.16.4.2",
        "10.99.4.2",
    ),
    "a pod pool over the policy pool": Mended(
        "testbed/plan/checks/overlaps.py: choose a network outside of {fixed.network} for "
        "{free.owner}",
        "self.pods_v6 = 'cafe::/64'\n" + NODES,
        "cafe::/64",
        "cafe:0:0:1::/64",
    ),
    "a link over the policy pool": Mended(
        "testbed/plan/checks/overlaps.py: choose a network outside of {fixed.network} for "
        "{free.owner}",
        NODES + 'self.addLink(r2, self.addHost("h", ip="cafe::2/120"))',
        "cafe::2/120",
        "cafe::1:2/120",
    ),
    "the smallest MTU": Mended(
        SIZES + "raise the link's mtu to {mtu.port_mtu_for(plan.max_segments)} or lower "
        "max_segments",
        'self.addLink(r1, self.addClusterNode("a"), mtu=1300)',
        "mtu=1300",
        "mtu=1376",
    ),
    "few blocks": Mended(
        SIZES + "a /{needed} or a shorter prefix",
        "self.pods_v4 = '10.9.0.0/26'\n" + NODES + NODES.replace('"a"', '"b"'),
        "/26",
        "/25",
    ),
    "a switch": Mended(
        OPTIONS + "link the nodes directly", 'self.addSwitch("s1")', 'self.addSwitch("s1")', "pass"
    ),
    "a data centre": Mended(
        OPTIONS + "a data centre's prefix is always in IS-IS: leave advertised out",
        'self.addLink(r1, self.addHost("h", data_centre=True, advertised=False))',
        ", advertised=False",
        "",
    ),
    "upper case": Mended(
        OPTIONS + "rename it, e.g. to {label}",
        'self.addLink(r1, self.addHost("UPPER"))',
        "UPPER",
        "upper",
    ),
    "no letter": Mended(
        OPTIONS + "rename it", 'self.addLink(r1, self.addHost("42"))', '"42"', '"h42"'
    ),
    "a pod's name": Mended(
        OPTIONS + "rename it: no node's name begins with 'pod-'",
        'self.addLink(r1, self.addHost("pod-h"))',
        "pod-h",
        "h",
    ),
    "metrics of ends": Mended(
        OPTIONS + "give the link one igp_metric, and its ends (params1, params2) none",
        'self.addLink(r1, r2, params1={"igp_metric": 7}, params2={"igp_metric": 10})',
        'params1={"igp_metric": 7}, params2={"igp_metric": 10}',
        "igp_metric=10",
    ),
    "an option of the link": Mended(
        OPTIONS + "give it to the link: it is for both directions; {listed}",
        'self.addLink(r1, r2, params1={"mtu": 1400})',
        'params1={"mtu": 1400}',
        "mtu=1400",
    ),
    "a misspelt option": Mended(
        OPTIONS + "did you mean {close[0]}? {listed}",
        "self.addLink(r1, r2, igp_metrik=10)",
        "igp_metrik",
        "SUGGESTED",
    ),
    "an option of nobody": Mended(OPTIONS + KNOWN, "self.addLink(r1, r2, zzz=10)", ", zzz=10", ""),
    "an option of Mininet": Mended(
        OPTIONS + "remove it; {listed}",
        'self.addRouter("r3", config=1); self.addLink(r1, "r3")',
        ", config=1",
        "",
    ),
    "a bad value": Mended(
        OPTIONS + "correct {key}", "self.addLink(r1, r2, delay=5)", "delay=5", "delay='5ms'"
    ),
    "port numbers": Mended(
        WHOLE + "leave port1 and port2 out", "self.addLink(r1, r2, port1=3)", ", port1=3", ""
    ),
    "a key": Mended(
        WHOLE + "leave key out",
        'self.addLink(r1, r2, key="a"); self.addLink(r1, r2, key="a")',
        ', key="a"',
        "",
    ),
    "an address twice": Mended(
        ADDRESSES + "give it once",
        'self.addLink(r1, self.addHost("h", ip=["2001:db8::2/64", "2001:db8::2/48"]))',
        ', "2001:db8::2/48"',
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
    "one injector too many": Mended(
        "testbed/plan/checks/limits.py: leave out {len(nodes[role]) - most} of them",
        '[self.addLink(r1, self.addInjector(f"g{n}")) for n in range(11)]',
        "range(11)",
        "range(10)",
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
        WHOLE + "did you mean {near[0]}?",
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
    "an option of the plan": Mended(
        "testbed/topology/plan_options.py: {name} is {meaning}",
        "self.te_mode = 'both'",
        "both",
        "bgp",
    ),
    "an exception": Mended(
        "testbed/topology/evaluate_main.py: correct the topology file",
        "x = 1 / 0",
        "1 / 0",
        "1",
    ),
    "a network that is started": Mended(
        "testbed/topology/evaluate_main.py: put it below `if __name__ == '__main__':`",
        "",
        "IPNet().start()",
        "(lambda: IPNet().start() if __name__ == '__main__' else None)()",
        base="IPTopo",
        before="from ipmininet.ipnet import IPNet; IPNet().start()",
    ),
}


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluated in this process, for speed; what that sets is put back."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))


def problems_of(file: Path, **params: str) -> list[Problem]:
    found = evaluate(file, "fast", params)["problems"]
    assert isinstance(found, list)
    return [Problem(**each) for each in found]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    file = Path(write(tmp_path, case.two + case.body + "\n", case.base, case.before))
    if case.last:
        file.write_text(file.read_text().replace("super().build(*args, **kwargs)", case.last))
    file.write_text(file.read_text().lstrip("; ") + case.rest)
    found = problems_of(file)
    meant = [p for p in found if is_printed_by(case.fix, p.fix)]
    assert meant, [str(p) for p in found]
    where = None if case.elsewhere else meant[0].where
    file.write_text(edited(file.read_text(), where, case.old, case.new, meant[0].fix))
    assert [str(p) for p in problems_of(file)] == []


PARAMETERS = "testbed/topology/parameters.py: "


@pytest.mark.parametrize(
    ("key", "given", "then"),
    [
        (PARAMETERS + "--set {name}={_example(known[name])}", {"rows": "x"}, None),
        (
            PARAMETERS + "{hint}it takes: {', '.join(sorted(known))}",
            {"row": "2"},
            {"rows": "2"},
        ),
        (
            "topologies/grid.py: --set rows=3 --set columns=3, or other whole numbers from 1",
            {"rows": "0"},
            None,
        ),
    ],
)
def test_a_printed_option_is_taken(
    key: str, given: dict[str, str], then: dict[str, str] | None
) -> None:
    grid = ROOT / "topologies/grid.py"
    (problem,) = problems_of(grid, **given)
    assert is_printed_by(key, problem.fix)
    if then is None:  # as printed
        then = dict(re.findall(r"--set (\w+)=(\w+)", problem.fix))
    else:
        assert all(f"--set {name}=" in problem.fix for name in then)
    assert problems_of(grid, **then) == []


def test_a_file_without_parameters_takes_no_option(tmp_path: Path) -> None:
    file = Path(write(tmp_path, TWO, "LabTopo"))
    file.write_text(file.read_text().replace("*args, **kwargs", ""))
    (problem,) = problems_of(file, rows="2")
    assert is_printed_by(PARAMETERS + "it takes none: leave --set out", problem.fix)
    assert problems_of(file) == []


def test_what_is_given_may_be_the_cause(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from testbed.topology import LabTopo\n"
        "class Mine(LabTopo):\n"
        "    def build(self, n=1, **options):\n"
        "        self.addRouter('r%d' % (1 // n)); super().build(**options)\n"
    )
    (problem,) = problems_of(file, n="0")
    key = (
        "testbed/topology/evaluate_main.py: correct the topology file, or what it is given:{given}"
    )
    assert is_printed_by(key, problem.fix)
    assert problems_of(file, n="1") == []
