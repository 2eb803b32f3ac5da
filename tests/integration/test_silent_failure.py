"""A link that stays up and loses every packet, in kernels: BFD finds it, and packets arrive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed.host.wait import wait_for
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name

pytestmark = pytest.mark.root

# Behind r1-r2, r6 and r5 would send packets for r2 back: the repair is a list.
TOPOLOGY = """\
from testbed.topology import LabTopo


class Ring(LabTopo):
    repair = "link"
    bfd = True
    bfd_multiplier = 10

    def build(self, **options):
        self.addRouters(*(f"r{n}" for n in range(1, 7)))
        self.addLinks(("r1", "r2"), ("r2", "r3"), ("r3", "r4"), ("r5", "r6"), ("r6", "r1"))
        self.addLink("r4", "r5", igp_metric=50)
        self.addLink("r1", self.addHost("here", ip=["fd00:0:11::2/64", "192.168.1.2/24"]))
        self.addLink("r2", self.addHost("there", ip=["fd00:0:21::2/64", "192.168.2.2/24"]))
        super().build(**options)
"""
LINK = "fcf0:0:1:2::2"  # r2's end, which no IS-IS route leads to
DETOURS = ("ip", "-6", "route", "show", "table", "204")


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    file = tmp_path_factory.mktemp("silent") / "ring.py"
    file.write_text(TOPOLOGY)
    file.parent.chmod(0o755)
    lab = Lab(lab_name("silent"), None)
    try:
        lab.run("up", str(file), "--cluster", "none")
        yield lab
    finally:
        lab.run("down")


def arrives(lab: Lab, address: str) -> bool:
    done = lab.run("exec", "here", "ping", "-n", "-c", "3", "-i", "0.2", address, expect=None)
    return done.returncode == 0


def problems(lab: Lab) -> str:
    return " ".join(lab.status()["problems"])


@pytest.mark.parametrize("address", ["fd00:0:21::2", "192.168.2.2"])
def test_a_repair_list_carries_packets_until_isis_knows(ring: Lab, address: str) -> None:
    """zebra stands still, so the kernel keeps its routes by the silent link."""
    ring.run("wait")
    frozen = "$(pgrep -x zebra)"
    ring.run("exec", "r1", "sh", "-c", f"kill -STOP {frozen}")
    try:
        ring.run("link", "set", "r1", "r2", "--loss", "100")
        wait_for(
            "a detour", lambda: (bool(ring.run("exec", "r1", *DETOURS).stdout) or None, ""), 20
        )
        assert "dev r1-r2" in ring.run("exec", "r1", "ip", "-6", "route", "get", LINK).stdout
        assert arrives(ring, address)
    finally:
        ring.run("exec", "r1", "sh", "-c", f"kill -CONT {frozen}")
        ring.run("link", "set", "r1", "r2")


def test_isis_leaves_a_silent_link_and_comes_back(ring: Lab) -> None:
    ring.run("wait")
    ring.run("link", "set", "r1", "r2", "--loss", "100")
    try:
        silent = "r1-r2 is up, but its BFD session is down"
        wait_for("status", lambda: (silent in problems(ring) or None, problems(ring)), 20)
        assert arrives(ring, "fd00:0:21::2")
        known = ring.run("te", "topology", "--router", "r4").stdout
        assert "the plan has r1-r2, the network has not" in known
        assert "down" in ring.run("graph", "-n", ring.name).stdout
    finally:
        ring.run("link", "set", "r1", "r2")
    ring.run("wait")
    assert not ring.run("exec", "r1", *DETOURS).stdout


def test_with_bfdd_killed_all_comes_back(ring: Lab) -> None:
    ring.run("wait")
    ring.run("exec", "r1", "sh", "-c", "kill -9 $(pgrep -x bfdd)")
    ring.run("wait")
    ring.run("link", "set", "r1", "r2", "--loss", "100")
    try:
        wait_for("packets", lambda: (arrives(ring, "fd00:0:21::2") or None, "lost"), 20)
    finally:
        ring.run("link", "set", "r1", "r2")
    ring.run("wait")
