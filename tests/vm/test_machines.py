"""Cluster nodes as virtual machines, end to end: looked at, proved, killed, made whole."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from testbed.bench.machines import READY
from testbed.bench.steps import Steps
from testbed.host.progress import read_steps
from testbed.host.wait import wait_for
from tests.vm.conftest import VirtualLab

pytestmark = pytest.mark.root

NODES = {"master", "worker1", "worker2"}


def test_everything_is_as_wanted(lab: VirtualLab) -> None:
    status = lab.status()
    assert status["problems"] == []
    assert {pod["node"] for pod in status["pods"]} >= NODES
    assert set(lab.machines()) == NODES
    for name in NODES:
        assert status["programs"][f"{name}.kubelet"]["state"] == "RUNNING"


def test_nodes_are_other_kernels_behind_the_same_addresses(lab: VirtualLab) -> None:
    kernel = lab.run("exec", "worker1", "uname", "-r").stdout.strip()
    assert kernel != os.uname().release
    shown = lab.run("exec", "worker1", "ip", "-br", "address", "show", "worker1-r3").stdout
    assert "192.168.11.254/24" in shown and "fd11::1000/64" in shown
    lab.run("exec", "r3", "ping", "-6", "-c", "1", "fd11::1000")


def test_exec_gives_the_exit_code_and_reaches_pods(lab: VirtualLab) -> None:
    assert lab.run("exec", "worker2", "sh", "-c", "exit 7", expect=7).returncode == 7
    seen = lab.run("exec", "pod-worker1", "ip", "-br", "address", "show", "eth0").stdout
    assert "172.16." in seen


def test_ipv4_is_taken_out_by_a_true_end_dt4(lab: VirtualLab) -> None:
    routes = lab.run("exec", "worker2", "ip", "-6", "route", "show", "proto", "201").stdout
    assert "End.DT4 vrftable" in routes


def test_host_is_untouched() -> None:
    here = {path.name for path in Path("/sys/class/net").iterdir()}
    assert not {"vm0", "vm0-port", "management"} & here
    assert not Path("/etc/libvirt/testbed").exists()  # a mark in the lab's own /etc/libvirt
    networks = Path("/etc/libvirt/qemu/networks/testbed.xml")
    assert not networks.exists()


@pytest.mark.parametrize("name", ["smoke", "best-effort", "te-bgp", "te-configmap", "ipip-pool"])
def test_scenario(lab: VirtualLab, name: str, tmp_path: Path) -> None:
    lab.run("run", name, "--evidence", str(tmp_path))
    result = json.loads((tmp_path / name / "result.json").read_text())
    assert result["verdict"] == "pass"


def test_up_again_changes_nothing(lab: VirtualLab) -> None:
    before = lab.machines()
    lab.run("up", "full", "--nodes", "vagrant")
    assert lab.machines() == before


def test_a_snapshot_brings_the_ready_lab_back(lab: VirtualLab) -> None:
    lab.run("snapshot", "save", "ready")
    _well(lab)  # it went on
    try:
        lab.run("down")
        assert lab.machines() == {}
        up = ("up", "full", "--nodes", "vagrant", "--from-snapshot", "ready")
        steps = Steps(read_steps(lab.run(*up, "--progress", "json").stderr), lab.seconds["up full"])
        assert set(lab.machines()) == NODES
        print(f"from the snapshot to every node Ready: {steps.until(READY):.1f} s")
        assert lab.status()["problems"] == []
        lab.run("path", "pod-worker1", "pod-worker2", "-4")
        clock = float(lab.run("exec", "worker1", "date", "+%s").stdout)
        assert abs(clock - time.time()) < 10
        lab.run("up", "full", "--nodes", "vagrant", "--from-snapshot", "ready", expect=2)
    finally:
        lab.run("snapshot", "delete", "ready")
    assert lab.name not in {row["lab"] for row in _snapshots(lab)}


def _well(lab: VirtualLab) -> None:
    """While all stood still, sessions with the injector may have ended; they come back."""

    def probe() -> tuple[bool | None, str]:
        problems = lab.status()["problems"]
        return (None if problems else True), "; ".join(problems)

    wait_for("the lab to be well", probe, 120, 1.0)


def _snapshots(lab: VirtualLab) -> list[dict[str, str]]:
    return list(json.loads(lab.run("snapshot", "list", "-f", "json").stdout))


def test_a_killed_libvirtd_comes_back_and_no_machine_notices(lab: VirtualLab) -> None:
    before = lab.machines()
    described = lab.status()["programs"]["libvirt.libvirtd"]["description"]
    lab.run("exec", "r1", "kill", "-9", described.split()[1].rstrip(","))
    lab.run("up", "full", "--nodes", "vagrant")
    assert lab.machines() == before
    assert lab.status()["problems"] == []


def test_a_killed_machine_is_named_and_comes_back(lab: VirtualLab) -> None:
    os.kill(lab.machines()["worker2"], signal.SIGKILL)
    said = " ".join(lab.status()["problems"])
    assert "virtual machine worker2 is shut off" in said
    lab.run("up", "full", "--nodes", "vagrant")
    assert set(lab.machines()) == NODES
    assert lab.status()["problems"] == []


def test_down_leaves_nothing(lab: VirtualLab) -> None:
    lab.run("down")
    assert lab.machines() == {}
    assert not Path("/var/lib/testbed", lab.name).exists()
    assert not Path("/run/testbed", lab.name).exists()
