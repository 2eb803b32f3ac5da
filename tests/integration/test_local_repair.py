"""Local repair in kernels: with IS-IS frozen, packets arrive after a cut, by a repair list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name

pytestmark = pytest.mark.root

# Behind a failed r1-r2, r6 and r5 would send packets for r2 back; only r5's link to r4, which
# nobody uses as it is dear, leads on: the list has an End.X SID and one that unpacks.
TOPOLOGY = """\
from testbed.topology import LabTopo


class Ring(LabTopo):
    repair = "link"

    def build(self, **options):
        self.addRouters(*(f"r{n}" for n in range(1, 7)))
        self.addLinks(("r1", "r2"), ("r2", "r3"), ("r3", "r4"), ("r5", "r6"), ("r6", "r1"))
        self.addLink("r4", "r5", igp_metric=50)
        self.addLink("r1", self.addHost("here", ip=["fd00:0:11::2/64", "192.168.1.2/24"]))
        self.addLink("r2", self.addHost("there", ip=["fd00:0:21::2/64", "192.168.2.2/24"]))
        super().build(**options)
"""
# Both ways by r3 and to r2 are in one duct. r4's way back to r1 is dear: its link has to be named.
DUCT = """\
from testbed.topology import LabTopo


class Duct(LabTopo):
    repair = "link"

    def build(self, **options):
        self.addRouters("r1", "r2", "r3", "r4")
        self.addLink("r1", "r2", srlg="duct")
        self.addLink("r1", "r3", srlg="duct")
        self.addLinks(("r3", "r2"), ("r4", "r2"))
        self.addLink("r1", "r4", igp_metric=50)
        self.addLink("r1", self.addHost("here", ip=["fd00:0:11::2/64", "192.168.1.2/24"]))
        self.addLink("r2", self.addHost("there", ip=["fd00:0:21::2/64", "192.168.2.2/24"]))
        super().build(**options)
"""
TABLE = ("ip", "-6", "route", "show", "table", "203")


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of(TOPOLOGY, tmp_path_factory.mktemp("repair") / "ring.py") as lab:
        yield lab


@contextmanager
def lab_of(topology: str, file: Path) -> Iterator[Lab]:
    file.write_text(topology)
    file.parent.chmod(0o755)
    lab = Lab(lab_name(file.stem), None)
    try:
        lab.run("up", str(file), "--cluster", "none")
        yield lab
    finally:
        lab.run("down")


@contextmanager
def frozen(lab: Lab) -> Iterator[None]:
    """Routing daemons and the repair program stand still, as if they were slow."""

    def tell(signal: str) -> None:
        which = f"$(pgrep -x zebra) $(pgrep -x isisd) $(pgrep -f {'[r]epair_main'})"
        lab.run("exec", "r1", "sh", "-c", f"kill -{signal} {which}")

    tell("STOP")
    try:
        yield
    finally:
        tell("CONT")


def arrives(lab: Lab, address: str) -> bool:
    done = lab.run("exec", "here", "ping", "-n", "-c", "3", "-i", "0.2", address, expect=None)
    return done.returncode == 0


@pytest.mark.parametrize("address", ["fd00:0:21::2", "192.168.2.2"])
def test_a_repair_list_carries_packets_until_isis_knows(ring: Lab, address: str) -> None:
    ring.run("wait")
    shown = ring.run("te", "protection", "--router", "r1").stdout
    assert "r5>r4(r4-r5)" in shown
    with frozen(ring):
        ring.run("link", "down", "r1", "r2")
        assert arrives(ring, address)
    ring.run("link", "up", "r1", "r2")


def test_a_cut_is_repaired_where_only_the_other_end_went_down(ring: Lab) -> None:
    ring.run("wait")
    with frozen(ring):
        ring.run("exec", "r2", "ip", "link", "set", "r2-r1", "down")
        assert arrives(ring, "fd00:0:21::2")
    ring.run("link", "up", "r1", "r2")


def test_killed_it_ends_in_the_same_state_and_backups_stay_meanwhile(ring: Lab) -> None:
    ring.run("wait")
    before = ring.run("exec", "r1", *TABLE).stdout
    assert "encap seg6" in before
    killed = "kill -9 $(pgrep -f '[r]epair_main'); ip -6 route show table 203"
    assert ring.run("exec", "r1", "sh", "-c", killed).stdout == before
    ring.run("exec", "r1", "ip", "-6", "route", "flush", "table", "203")
    ring.run("wait")
    assert ring.run("exec", "r1", *TABLE).stdout == before


def test_a_backup_that_is_gone_comes_back(ring: Lab) -> None:
    ring.run("wait")
    before = ring.run("exec", "r1", *TABLE).stdout
    ring.run("exec", "r1", "ip", "-6", "route", "flush", "table", "203")
    ring.run("exec", "r1", "ip", "-6", "rule", "del", "pref", "40000")
    ring.run("wait")
    assert ring.run("exec", "r1", *TABLE).stdout == before


def test_links_of_one_duct_may_go_down_together(tmp_path_factory: pytest.TempPathFactory) -> None:
    with lab_of(DUCT, tmp_path_factory.mktemp("repair") / "duct.py") as lab:
        lab.run("wait")
        shown = lab.run("te", "protection", "--router", "r2").stdout
        assert "link r1-r2, srlg duct" in shown and "r4>r1(r1-r4)" in shown
        with frozen(lab):
            lab.run("link", "down", "r1", "r2")
            lab.run("link", "down", "r1", "r3")
            for address in ("fd00:0:21::2", "192.168.2.2"):
                assert arrives(lab, address)
