"""What `validate` says of links and addresses: its fix is followed at the line that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.fixes.applied_topology import Mended, check_mended

LINK = "testbed/plan/checks/links.py: "
SHAPING = "testbed/plan/checks/shaping.py: "
ADDRESSES = "testbed/plan/checks/addresses.py: "

CASES = {
    "too many parallel links": Mended(
        LINK + "leave out {len(links) - MOST_NEXT_HOPS} of them",
        "for _ in range(65): self.addLink(r1, r2)",
        "range(65)",
        "range(63)",
    ),
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
    "too many equal ways": Mended(
        LINK + "igp_metric={surplus.metric + 1} for {too_many} of the links that lead there",
        'for m in self.addRouters(*(f"m{i}" for i in range(65))):\n'
        "    self.addLinks((r1, m), (m, r2))",
        "self.addLinks((r1, m), (m, r2))",
        "self.addLinks((r1, m), (m, r2), igp_metric=11 if m == 'm64' else 10)",
        two='r1, r2 = self.addRouters("r1", "r2")\n',
    ),
    "too many equal ways of parallel links": Mended(
        LINK + "leave out {too_many} of the links that lead there",
        'for m in self.addRouters(*(f"m{i}" for i in range(33))):\n'
        "    self.addLinks(*[(r1, m), (m, r2)] * 2)",
        "[(r1, m), (m, r2)] * 2",
        "[(r1, m), (m, r2)] * (1 if m in ('m31', 'm32') else 2)",
        two='r1, r2 = self.addRouters("r1", "r2")\n',
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
    "an address twice": Mended(
        ADDRESSES + "give it once",
        'self.addLink(r1, self.addHost("h", ip=["2001:db8::2/64", "2001:db8::2/48"]))',
        ', "2001:db8::2/48"',
        "",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_printed_fix_mends_the_file(tmp_path: Path, case: Mended) -> None:
    check_mended(tmp_path, case)
