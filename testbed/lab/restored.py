"""`up --from-snapshot`: a lab built anew whose machines go on from their saved memory."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from testbed.backbone import routers
from testbed.host.labs import LabDir
from testbed.host.supervisor import Supervisor
from testbed.lab import members, snapshots, state, verify
from testbed.lab.progress import Progress
from testbed.lab.virtual import Hardware, Machines
from testbed.nodes import cluster, guests
from testbed.plan.model import Plan
from testbed.vm import keep, memory
from testbed.vm.guest import Guest
from testbed.vm.machines import Machine, machines
from testbed.vm.made_of import differences
from testbed.vm.snapshots import Record, Snapshot
from testbed.vm.wake import wake


@dataclass(frozen=True)
class Source:
    """A snapshot that fits the plan."""

    snapshot: Snapshot
    record: Record

    @classmethod
    def of(cls, lab: str, name: str, plan: Plan) -> Source:
        """Raises TestbedError if there is none of this name, or if it is of another plan."""
        return cls(*snapshots.fitting(lab, name, plan))

    def check(self, plan: Plan, hardware: Hardware) -> None:
        """Raises TestbedError if it is of other machines than these."""
        now = hardware.made_of(plan, self.snapshot.lab)
        snapshots.refuse(self.snapshot, differences(self.record.made_of, now))


def fill(lab: LabDir, source: Source) -> None:
    """Put back what the lab had on disk, in place of what is there."""
    lab.forget_data()
    keep.put(source.snapshot.data, lab.claim_data())


def start(
    plan: Plan, source: Source, machines_of: Machines, gobgpd: Path, progress: Progress
) -> None:
    """From a network that stands to every node Ready. The process is inside the lab."""
    supervisor, record = Supervisor(), source.record
    nodes = [plan.node(name) for name in record.machines]
    with progress.step("libvirt of the lab"):
        machines_of.start(supervisor, fresh=False)
    with progress.step("routers and injector started"):
        routers.prepare(plan)
        routers.start(plan, supervisor)
        state.GOBGPD.symlink_to(gobgpd)
        cluster.recognise(plan, nodes)
        _put_policies(plan, source.snapshot)
        cluster.start_injectors(plan, supervisor, gobgpd)
    with progress.step("IS-IS converged, verified against the plan's SPF"):
        verify.backbone_converged(plan)
    there = [m for m in machines(plan) if m.name in record.machines]
    since = datetime.now(timezone.utc)
    with progress.step(f"{len(there)} virtual machines go on from {source.snapshot.name!r}"):
        _go_on(there, machines_of, source, progress)
    state.BUILT.touch()
    with progress.step("every node Ready"):
        members.resumed(plan, since, datetime.fromisoformat(record.certificates_until))
    if plan.injectors:  # their sessions broke, which every agent sees
        with progress.step("every agent reports anew"):
            verify.reported_anew(plan, record.reports)


def _go_on(there: list[Machine], lab: Machines, source: Source, progress: Progress) -> None:
    begun = time.monotonic()
    memory.thaw(there, lab.files, source.record.disks)
    memory.load(there, lab.files, source.snapshot)
    memory.resume(there, lab.files)

    def awake(guest: Guest) -> None:
        wake(guest)
        progress.arrived(f"{guest.name} reachable", time.monotonic() - begun)

    guests.on_all(there, lab.files, awake)
    guests.know(there, lab.files)


def _put_policies(plan: Plan, snapshot: Snapshot) -> None:
    for injector in plan.injectors:
        shutil.copytree(snapshot.policies / injector.name, snapshots.policies(injector.name))
