"""Machines of a box that knows nothing of us: a stand-in for an online one, in a small lab."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vm.conftest import VirtualLab
from tests.vm.stock_box import make

pytestmark = pytest.mark.root

TOPOLOGY = '''
from testbed.topology import LabTopo


class Pair(LabTopo):
    """A control plane and a worker around one router."""

    def build(self, **options):
        self.addRouter("r1")
        for node in ("master", "worker1"):
            self.addClusterNode(node)
            self.addLink("r1", node, mtu=1380)
        super().build(**options)
'''
MARK = "/etc/testbed/provisioned"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that brings the lab up."""
    directory = tmp_path_factory.mktemp("stock")
    topology, box = directory / "pair.py", directory / "stock.box"
    topology.write_text(TOPOLOGY)
    given = os.environ.get("TESTBED_STOCK_BOX")  # made before, or a real one
    if not given:
        make(box)
    return ["up", str(topology), "--nodes", "vagrant", "--box", given or str(box)]


@pytest.fixture(scope="module")
def stock(up: list[str]) -> Iterator[VirtualLab]:
    lab = VirtualLab(f"t-stock-{os.getpid()}")
    try:
        lab.run(*up)
        yield lab
    finally:
        lab.run("down")
        if "TESTBED_STOCK_BOX" not in os.environ:
            lab.run("box", "remove", up[-1])
        for what, seconds in lab.seconds.items():
            print(f"{what}: {seconds:.1f} s")


def test_everything_is_as_wanted(stock: VirtualLab) -> None:
    status = stock.status()
    assert status["problems"] == []
    assert {pod["node"] for pod in status["pods"]} == {"master", "worker1"}
    assert len(status["box"]["sha256"]) == 64 and status["box"]["version"]


def test_it_runs_its_own_kernel_from_its_own_disk(stock: VirtualLab) -> None:
    command_line = stock.run("exec", "worker1", "cat", "/proc/cmdline").stdout
    assert "BOOT_IMAGE" in command_line
    assert stock.run("exec", "worker1", "hostname").stdout.strip() == "worker1"


def test_a_pod_is_reached_over_srv6(stock: VirtualLab) -> None:
    for family in ("-4", "-6"):
        stock.run("path", "pod-master", "pod-worker1", family)
    routes = stock.run("exec", "worker1", "ip", "-6", "route", "show", "proto", "201").stdout
    assert "End.DT4 vrftable" in routes


def test_only_the_labs_key_opens_it(stock: VirtualLab) -> None:
    key = f"/var/lib/testbed/{stock.name}/vm/home/insecure_private_key"
    for user in ("vagrant", "root"):
        words = ["-l", user, "-i", key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]
        command = ["vagrant", "ssh", "--plain", "worker1", "-c", "true", "--", *words]
        assert "Permission denied (publickey)" in stock.run(*command, expect=255).stderr
    by_hand = stock.run("vagrant", "ssh", "worker1", "-c", "sudo id -u").stdout
    assert by_hand.strip() == "0"
    shadow = stock.run("exec", "worker1", "grep", "-E", "^(root|vagrant):", "/etc/shadow").stdout
    assert [line.split(":")[1] for line in shadow.splitlines()] == ["*", "*"]
    keys = stock.run("exec", "worker1", "sh", "-c", "ls /etc/ssh/ssh_host_*_key").stdout.split()
    assert keys == ["/etc/ssh/ssh_host_ed25519_key"]


def test_no_default_route_leads_to_the_lab(stock: VirtualLab) -> None:
    routes = stock.run("exec", "worker1", "ip", "route", "show", "default").stdout.splitlines()
    assert len(routes) == 1 and "dev worker1-r1" in routes[0]


def test_up_again_provisions_nothing(stock: VirtualLab, up: list[str]) -> None:
    before, marked = stock.machines(), stock.run("exec", "worker1", "stat", "-c", "%Z", MARK).stdout
    stock.run(*up)
    assert stock.machines() == before
    assert stock.run("exec", "worker1", "stat", "-c", "%Z", MARK).stdout == marked


def test_a_machine_that_died_comes_back_provisioned(stock: VirtualLab, up: list[str]) -> None:
    marked = stock.run("exec", "worker1", "stat", "-c", "%Z", MARK).stdout
    os.kill(stock.machines()["worker1"], signal.SIGKILL)
    stock.run(*up)
    assert stock.status()["problems"] == []
    assert stock.run("exec", "worker1", "stat", "-c", "%Z", MARK).stdout == marked


def test_without_the_box_it_is_another_plan(stock: VirtualLab, up: list[str]) -> None:
    refused = stock.run(*up[:-2], expect=2)
    assert "box: " in refused.stderr


def test_down_leaves_nothing(stock: VirtualLab) -> None:
    stock.run("down")
    assert stock.machines() == {}
    assert not Path("/var/lib/testbed", stock.name).exists()
    assert not Path("/run/testbed", stock.name).exists()
