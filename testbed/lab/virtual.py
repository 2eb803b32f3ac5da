"""The virtual machines of a lab: what they are made from, libvirt in the lab, boot and end."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.artefacts import program
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.files import write_json
from testbed.host.supervisor import Supervisor
from testbed.images.calico_vpp import Supplies
from testbed.lab import state
from testbed.lab.progress import Progress
from testbed.nodes import cluster, guests
from testbed.plan.model import Node, Plan
from testbed.vm import libvirt, vagrant
from testbed.vm.accelerator import Verdict, choose, qemu_version
from testbed.vm.box import Box
from testbed.vm.machines import Files, values
from testbed.vm.made_of import made_of
from testbed.vm.payload import ensure_payload

# on every machine, under the names that nodes in namespaces know them by
PROGRAMS = (
    *("kubelet", "kube-proxy", "kube-apiserver", "kube-controller-manager", "kube-scheduler"),
    *("etcd", "kubectl", "gobgp", "gobgpd"),
)


@dataclass(frozen=True)
class Hardware:
    """What machines are made from; chosen before the lab is entered."""

    box: Box
    verdict: Verdict
    payload: Path  # the disk that all of them share
    calico: Supplies | None = None  # what the overlay is installed from, if it is not ours

    def made_of(self, plan: Plan, lab: str) -> dict[str, str]:
        """What a snapshot of such machines fits to. Raises TestbedError."""
        told = values(plan, lab, self.box, self.verdict.driver, Files(Path("/")))
        box = f"{self.box.name} of {self.box.record['made']}"
        return made_of(told, box, self.payload.stem, qemu_version())


def hardware(images: Path, progress: Progress, calico: Supplies | None = None) -> Hardware:
    """Box and disk of programs, made now where missing; is KVM real? Raises TestbedError."""
    from testbed.vm.box_build import ensure_box

    box = ensure_box(progress.note)
    programs = {name: program(name) for name in PROGRAMS}
    payload = ensure_payload(programs, images, progress.note)
    with progress.step("a test boot, if there is KVM"):
        verdict = choose(box)
    progress.note(verdict.why)
    return Hardware(box, verdict, payload, calico)


class Machines:
    """The machines of a lab that is being brought up; the process is inside it."""

    def __init__(self, plan: Plan, lab: str, hardware: Hardware) -> None:
        self.plan, self.lab, self.hardware = plan, lab, hardware
        there = [n.name for n in cluster.present(plan)]
        self.members = there or [n.name for n in plan.virtual if not _joins_later(n)]
        self.files = Files.of(state.DATA.readlink())

    def start(self, supervisor: Supervisor, fresh: bool) -> None:
        """libvirt, network and pool; nothing boots yet. Raises TestbedError."""
        if fresh:  # machines of an earlier lab are none of ours, whatever it kept
            shutil.rmtree(self.files.directory, ignore_errors=True)
        chosen = self.hardware
        if not self.files.values.exists():
            driver = chosen.verdict.driver
            vagrant.prepare(self.plan, self.lab, chosen.box, driver, self.files, chosen.payload)
        if not self.files.made_of.exists():
            write_json(self.files.made_of, chosen.made_of(self.plan, self.lab))
        libvirt.start(supervisor)
        libvirt.define(json.loads(self.files.values.read_text()))

    def boot(self, progress: Progress) -> None:
        """Boot all members at once; returns when each answers by SSH. Raises TestbedError."""
        begun = time.monotonic()

        def arrived(name: str) -> None:
            progress.arrived(f"{name} reachable", time.monotonic() - begun)

        guests.boot(self.plan, self.members, self.files, arrived)


def _joins_later(node: Node) -> bool:
    return node.cluster is not None and node.cluster.joins_later


def run_vagrant(plan: Plan, arguments: Sequence[str]) -> None:
    """Become vagrant, for the lab that this process has entered. Raises TestbedError."""
    if not plan.virtual:
        raise TestbedError(
            "this lab has no virtual machines",
            why="its nodes are namespaces",
            fix="testbed up --nodes vagrant",
        )
    environment = {**os.environ, **vagrant.environment(Files.of(state.DATA.readlink()))}
    try:
        os.execvpe("vagrant", ["vagrant", *arguments], environment)
    except FileNotFoundError:
        raise MachineUnfit("vagrant is missing", fix="make deps NODES=vagrant") from None
