"""Virtual machines before they are there: box and disks, then libvirt in the lab, then boot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from testbed import paths
from testbed.artefacts import program
from testbed.host.files import write_json
from testbed.host.progress import Progress
from testbed.host.supervisor import Supervisor
from testbed.plan.model import Plan
from testbed.providers.members import at_start, present
from testbed.providers.vagrant import libvirt, node, vagrant
from testbed.providers.vagrant.box.accelerator import Verdict, choose, qemu_version, without_kvm
from testbed.providers.vagrant.box.box import Box
from testbed.providers.vagrant.box.build import ensure_box
from testbed.providers.vagrant.box.distribution import of_this_machine
from testbed.providers.vagrant.guest.payload import ensure_payload
from testbed.providers.vagrant.machines import Files, values
from testbed.providers.vagrant.snapshot.fingerprint import take_fingerprint
from testbed.providers.vagrant.stock.catalogue import take_box
from testbed.providers.vagrant.stock.packages import ensure_packages

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
    packages: Path | None = None  # and the one of what a stock box may lack
    record: Mapping[str, object] = field(default_factory=dict)  # which box this is

    def take_fingerprint(self, plan: Plan, lab: str) -> dict[str, str]:
        """What a snapshot of such machines fits to. Raises TestbedError."""
        told = values(plan, lab, self.box, self.verdict.driver, Files(Path("/")))
        box = f"{self.box.name} {self.record.get('sha256') or self.record['made']}"
        return take_fingerprint(told, box, self.payload.stem, qemu_version())


def hardware(asked: str | None, images: Path, progress: Progress) -> Hardware:
    """Box and shared disks, made or taken now where missing; is KVM real? Raises TestbedError.

    `asked` is a stock box's name, URL or file; None is our own box.
    """
    programs = {name: program(name) for name in PROGRAMS}
    payload = ensure_payload(programs, images, progress.note)
    if asked is None:
        box = ensure_box(progress.note)
        record = {"name": box.name, "version": box.version, "stock": False, **box.record}
        return Hardware(box, _choose_driver(box, progress), payload, None, record)
    packages = ensure_packages(of_this_machine(), progress.note)
    taken = take_box(asked, progress.note)
    progress.note(f"box {taken.name}, version {taken.version}, disk sha256 {taken.sha256}")
    verdict = without_kvm()
    if verdict is None:  # what our kernel boots with, another does too
        verdict = _choose_driver(ensure_box(progress.note), progress)
    else:
        progress.note(verdict.why)
    record = {**asdict(taken), "stock": True}
    return Hardware(taken.box, verdict, payload, packages, record)


def _choose_driver(box: Box, progress: Progress) -> Verdict:
    with progress.step("a test boot, if there is KVM"):
        verdict = choose(box)
    progress.note(verdict.why)
    return verdict


class Machines:
    """A Preparation: the machines of a lab that is being brought up."""

    def __init__(self, plan: Plan, lab: str, hardware: Hardware) -> None:
        self.plan, self.lab, self.hardware = plan, lab, hardware

    @property
    def files(self) -> Files:
        """Where this lab keeps what its machines need; the process is inside the lab."""
        return Files.of(paths.DATA.readlink())

    @property
    def machines(self) -> list[str]:
        """The machines that are there already, or else those that do not join later."""
        there = [n.name for n in present(self.plan)]
        return there or [n.name for n in at_start(self.plan)]

    def begin(self, supervisor: Supervisor, fresh: bool) -> None:
        """libvirt, network and pool; nothing boots yet. Raises TestbedError."""
        if fresh:  # machines of an earlier lab are none of ours, whatever it kept
            shutil.rmtree(self.files.directory, ignore_errors=True)
        chosen = self.hardware
        if not self.files.values.exists():
            driver = chosen.verdict.driver
            vagrant.prepare(
                *(self.plan, self.lab, chosen.box, driver, self.files),
                payload=chosen.payload,
                packages=chosen.packages,
            )
            write_json(self.files.box, dict(chosen.record))
        if not self.files.fingerprint.exists():
            write_json(self.files.fingerprint, chosen.take_fingerprint(self.plan, self.lab))
        libvirt.start(supervisor)
        libvirt.define(json.loads(self.files.values.read_text()))

    def boot(self, arrived: Callable[[str], None]) -> None:
        """Boot all members at once; returns when each answers by SSH. Raises TestbedError."""
        node.boot_machines(self.plan, self.machines, self.files, arrived)
