"""Micro SIDs in kernels: containers are followed part by part, also after a cut, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host.wait import wait_for
from tests.integration.lab_driver import Lab
from tests.integration.sandbox import lab_name

pytestmark = pytest.mark.root

TOPOLOGY = """\
from testbed.topology import LabTopo


class Ring(LabTopo):
    encoding = "usid"

    def build(self, **options):
        self.addRouters("r1", "r2", "r3", "r4")
        self.addLinks(("r1", "r2"), ("r2", "r3"), ("r3", "r4"), ("r4", "r1"))
        self.addLink("r1", self.addClusterNode("a"), mtu=1400)
        self.addLink("r3", self.addClusterNode("b"), mtu=1400)
        self.addLink("r1", self.addInjector("gobgp"))
        super().build(**options)
"""
POLICY = """\
apiVersion: testbed/v1
kind: SRPolicy
metadata: {{name: ring}}
spec:
  endpoint: b
  color: 31
  family: IPv6
  headEnds: [a]
  candidates:
    - segmentLists:
        - segments: [{addresses}]
"""
OWN = "5f00:20::/32"  # r2's uN


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("micro")
    directory.chmod(0o755)
    (directory / "ring.py").write_text(TOPOLOGY)
    return directory


@pytest.fixture(scope="module")
def ring(files: Path, gobgpd: Path) -> Iterator[Lab]:
    lab = Lab(lab_name("micro"), gobgpd)
    try:
        lab.run("up", str(files / "ring.py"))
        yield lab
    finally:
        lab.run("down")


def steer(lab: Lab, files: Path, *addresses: str) -> None:
    listed = ", ".join(f'"{address}"' for address in addresses)
    (files / "policy.yaml").write_text(POLICY.format(addresses=listed))
    lab.run("policy", "apply", "-f", str(files / "policy.yaml"))

    def in_use() -> tuple[bool | None, str]:
        said = lab.run("policy", "list", "-o", "json").stdout
        return all(address in said for address in addresses) or None, said

    wait_for(f"a to use {listed}", in_use, timeout=30)


def goes(lab: Lab, *names: str) -> bool:
    expected = ("--expect", ",".join(names)) if names else ()
    done = lab.run("path", "pod-a", "pod-b", "-6", *expected, expect=None)
    return done.returncode == 0


@pytest.mark.parametrize(
    ("addresses", "names"),
    [
        (("5f00:20:e026::",), ("r2",)),
        (("5f00:12:41:e026::",), ("r1-r4", "r4-r3")),
        (("5f00:20:10:42:12:20:30:e026",), ("r2", "r1", "r4-r1", "r1-r4", "r2", "r3")),
        (("5f00:20:11::", "5f00:40:e026::"), ("r2", "r1-r2", "r4")),
    ],
)
def test_each_part_of_a_container_is_visited(
    ring: Lab, files: Path, addresses: tuple[str, ...], names: tuple[str, ...]
) -> None:
    steer(ring, files, *addresses)
    assert goes(ring)  # in just these addresses
    assert goes(ring, *names)
    assert not goes(ring, *names[:-1], "r1")


def test_a_router_keeps_its_own_when_a_link_goes_down(ring: Lab, files: Path) -> None:
    steer(ring, files, "5f00:20:e026::")
    ring.run("link", "down", "r1", "r2")
    wait_for("the way over r4 and r3", lambda: (goes(ring, "r2") or None, ""), timeout=30)
    ring.run("link", "up", "r1", "r2")
    ring.run("wait")
    assert ring.status()["problems"] == []


def test_a_router_that_lost_its_own_is_named_and_repaired(ring: Lab, files: Path) -> None:
    steer(ring, files, "5f00:20:e026::")
    for _ in range(2):  # one for each of its interfaces
        ring.run("exec", "r2", "ip", "-6", "route", "del", OWN)
    assert f"r2: no route to {OWN}, a uN SID" in ring.run("status", expect=1).stdout
    assert not goes(ring)
    ring.run("up", str(files / "ring.py"))
    assert goes(ring)
    assert ring.status()["problems"] == []
