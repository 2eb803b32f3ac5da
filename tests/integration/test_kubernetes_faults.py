"""kill -9 of every component, a node's init, the lab's; a full disk: all ends in recovery."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host.wait import wait_for
from tests.documents import Document
from tests.integration.kube_lab import (
    DATA,
    NODES,
    PATIENCE,
    SPEAKERS,
    KubeLab,
    addresses,
    kube_lab,
    kube_sandbox,
    pod,
    speaking,
)
from tests.integration.sandbox import Sandbox

pytestmark = pytest.mark.root

CONTROL = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
WORKER = ("containerd", "kubelet", "kube-proxy", "agent", "gobgpd")
COMPONENTS = [f"master.{p}" for p in CONTROL] + [f"worker1.{p}" for p in WORKER]
SEED = 4


@pytest.fixture(scope="module")
def box(gobgpd: Path) -> Iterator[Sandbox]:
    with kube_sandbox(gobgpd) as box:
        box.do(f"mkdir {DATA}; mount -t tmpfs -o size=2G tmpfs {DATA}")
        yield box


@pytest.fixture(scope="module")
def before(box: Sandbox) -> dict[str, list[str]]:
    """The machine before there was a lab."""
    return box.snapshot()


@pytest.fixture(scope="module")
def lab(gobgpd: Path, box: Sandbox, before: dict[str, list[str]]) -> Iterator[KubeLab]:
    """A lab with two pods that speak to each other."""
    assert before
    with speaking(kube_lab(gobgpd, box, "faults")) as lab:
        yield lab


def identity(lab: KubeLab) -> Document:
    """What tells the pods from later ones of their name."""
    return {
        name: (addresses(found), [c["containerID"] for c in found["status"]["containerStatuses"]])
        for name, found in lab.pods().items()
    }


def wait_for_other_pids(lab: KubeLab, old: dict[str, int]) -> None:
    """Until all these programs run anew."""

    def probe() -> tuple[bool | None, str]:
        now = lab.pids()
        waiting = [name for name, pid in old.items() if now.get(name, pid) == pid]
        return (None if waiting else True), str(waiting)

    wait_for("killed programs to run again", probe, PATIENCE, 0.2)


@pytest.mark.parametrize("program", COMPONENTS)
def test_a_killed_component(lab: KubeLab, program: str) -> None:
    pods, pids = identity(lab), lab.pids()
    lab.kill(program)
    if program != "worker1.gobgpd":  # with the session its routes go, until it is back
        lab.ping(pods["two"][0])  # forwarding needs none of the others
    wait_for_other_pids(lab, {program: pids[program]})
    lab.wait_until_well()
    assert identity(lab) == pods
    lab.ping()


def test_all_components_in_any_order(lab: KubeLab) -> None:
    pods, pids = identity(lab), lab.pids()
    order = [f"{node}.{p}" for node in NODES for p in WORKER] + COMPONENTS[: len(CONTROL)]
    random.Random(SEED).shuffle(order)
    for program in order:
        lab.kill(program)
    wait_for_other_pids(lab, {program: pids[program] for program in order})
    lab.wait_until_well()
    assert identity(lab) == pods
    lab.ping()
    lab.run_pods(pod("late", "worker2"))  # all that a new pod needs is there
    lab.delete_pods("late")


def test_a_nodes_init(lab: KubeLab) -> None:
    """As if the node had lost power: its pods come back, and nothing of the old ones stays."""
    old = identity(lab)
    pid = lab.node_init("worker1")
    lab.on("r1", f"kill -9 {pid}")
    wait_for(
        "another init",
        lambda: (lab.node_init("worker1") != pid or None, f"still {pid}"),
        PATIENCE,
        0.1,
    )
    wait_for("pod one to be another", lambda: _another(lab, old), PATIENCE, 0.1)
    lab.wait_for_pods(*SPEAKERS)
    lab.wait_until_well()
    assert identity(lab)["two"] == old["two"]
    lab.ping()
    wait_for("what the old pods had to be free", lambda: _tidy(lab, "worker1"), PATIENCE, 0.2)


def _another(lab: KubeLab, old: Document) -> tuple[bool | None, str]:
    now = identity(lab)
    return (now["one"][1] != old["one"][1] or None), str(now)


def _tidy(lab: KubeLab, node: str) -> tuple[bool | None, str]:
    """Addresses, interfaces and control groups of a node belong to pods that there are."""
    items = lab.api.items(f"/api/v1/pods?fieldSelector=spec.nodeName={node}")
    pods = {p["metadata"]["uid"]: set(addresses(p)) for p in items}
    attached = lab.attachments(node)
    given = [{a for a in (x["ipv4"], x["ipv6"]) if a} for x in attached]
    groups = lab.on(node, "find /sys/fs/cgroup -path '*kubepods*' -type d -name 'pod*'").split()
    uids = {Path(group).name.removeprefix("pod") for group in groups}
    links = lab.pod_interfaces(node)
    seen = f"{pods}, attached {given}, interfaces {links}, groups {uids}"
    tidy = sorted(map(sorted, given)) == sorted(map(sorted, pods.values()))
    tidy = tidy and links == sorted(x["host_interface"] for x in attached) and uids == set(pods)
    return tidy or None, seen


def test_a_full_disk(lab: KubeLab, box: Sandbox) -> None:
    box.do(f"head -c 2G /dev/zero > {DATA}/ballast || true")
    try:
        lab.wait_for_problem("MB are free", f"{DATA}/{lab.name}")
        lab.ping()
    finally:
        box.do(f"rm {DATA}/ballast")
    lab.wait_until_well()
    lab.run_pods(pod("roomy", "worker1"))
    lab.delete_pods("roomy")


def test_the_labs_init(lab: KubeLab, box: Sandbox, before: dict[str, list[str]]) -> None:
    lab.kill_outer()
    assert "is not up" in lab.run("status", expect=2).stderr
    assert "dead" in lab.run("ls").stdout
    lab.up()  # it goes on from what is on disk
    lab.run_pods(*(pod(name, node) for name, node in SPEAKERS.items()))
    lab.wait_until_well()
    lab.ping()
    lab.kill_outer()
    lab.down()
    box.wait_until_like(before)
    assert not Path(f"/proc/{box.init}/root{DATA}/{lab.name}").exists()
