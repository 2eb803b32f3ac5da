"""Snapshots of a lab on virtual machines: made while it is up, and what `up` asks of one."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timezone
from pathlib import Path

from typing_extensions import TypedDict

from testbed import paths
from testbed.errors import CheckFailed, MachineUnfit, TestbedError
from testbed.host.labs import LabDir
from testbed.host.progress import Progress
from testbed.lab import state
from testbed.lab.status import read_lab_status
from testbed.orchestrators.agent_status import generations
from testbed.orchestrators.kubernetes.resume import certificates_end
from testbed.paths import NODES
from testbed.plan.model import Plan
from testbed.providers.members import present
from testbed.providers.vagrant import node as guests
from testbed.providers.vagrant.guest.resync import resync_guest
from testbed.providers.vagrant.machines import MEMORY, Files, Machine, machines
from testbed.providers.vagrant.snapshot import data_copy, memory, snapshots
from testbed.providers.vagrant.snapshot.snapshots import Record, Snapshot


def save(lab: LabDir, name: str, progress: Progress, replace: bool = False) -> None:
    """Save a lab that is up and whole; it goes on afterwards. The process is inside it then.

    All machines stand still while they are saved. Raises TestbedError.
    """
    snapshots.checked(name)
    lab.living()  # whoever locks a lab that is not up would leave a directory of it
    with lab.locked(), snapshots.locked(lab.name):
        if not replace and (snapshots.TOP / lab.name / name).exists():
            raise TestbedError(
                f"lab {lab.name!r} has a snapshot {name!r} already",
                fix="--force replaces it; or give another name",
            )
        plan = state.enter(lab)
        refuse_unsaveable(plan)
        with progress.step("nothing is wrong with the lab"):
            _is_whole(plan)
        with snapshots.draft(lab.name, name) as draft:
            _save_machines(plan, draft, progress)


def _is_whole(plan: Plan) -> None:
    said = read_lab_status(plan).problems
    if said:
        raise CheckFailed(
            "only a lab that is whole is saved", why="; ".join(said[:5]), fix="testbed up, first"
        )
    free, wanted = shutil.disk_usage(snapshots.TOP).free, len(present(plan)) * MEMORY << 20
    if free < wanted:
        raise MachineUnfit(
            f"{free >> 20} MB are free, and the machines' memory takes up to {wanted >> 20}",
            where=str(snapshots.TOP),
            fix="make room, or set TESTBED_DATA to another disk",
        )


def _save_machines(plan: Plan, draft: Snapshot, progress: Progress) -> None:
    data = paths.DATA.readlink()
    files, now = Files.of(data), datetime.now(timezone.utc)
    names = {node.name for node in present(plan)}
    there = [machine for machine in machines(plan) if machine.name in names]
    disks = f"{now:%Y%m%d-%H%M%S}"
    until = certificates_end(plan)
    reports = generations(plan)
    _keep_policies(plan, draft)
    try:
        with progress.step(f"{len(there)} virtual machines stopped and saved"):
            memory.pause(there, files)
            memory.save(there, files, draft)
            memory.freeze(there, files, disks)
            data_copy.put(data, draft.data)
            memory.thaw(there, files, disks)
    finally:
        with progress.step("they go on"):
            go_on(there, files, draft)
    record = Record(
        made=now.isoformat(timespec="seconds"),
        disks=disks,
        plan=plan,
        machines=tuple(machine.name for machine in there),
        made_of=json.loads(files.fingerprint.read_text()),
        certificates_until=until.isoformat(),
        reports=reports,
        sizes=draft.sizes(),
    )
    draft.write_record(record)


def _keep_policies(plan: Plan, draft: Snapshot) -> None:
    for injector in plan.injectors:
        shutil.copytree(policies(injector.name), draft.policies / injector.name)


def policies(injector: str) -> Path:
    """Where an injector's policies lie."""
    return NODES / injector / "policies"


def go_on(there: list[Machine], files: Files, saved: Snapshot) -> None:
    """Have machines run that are paused, or that are off and saved."""
    memory.load(there, files, saved)
    memory.resume(there, files)
    guests.on_all(there, files, resync_guest)


def fitting(lab: str, name: str, plan: Plan) -> tuple[Snapshot, Record]:
    """The snapshot that a lab of this plan is to go on from. Raises TestbedError."""
    refuse_unsaveable(plan)
    snapshot = snapshots.find(lab, name)
    record = snapshot.record
    refuse(snapshot, state.differences(record.plan, plan))
    return snapshot, record


def refuse(snapshot: Snapshot, changes: list[str]) -> None:
    """Raises TestbedError if anything is another now than it was."""
    if changes:
        raise TestbedError(
            f"snapshot {snapshot.name!r} of lab {snapshot.lab!r} does not fit",
            why="; ".join(changes[:8]) + (" …" if len(changes) > 8 else ""),
            fix="`testbed up` without --from-snapshot, then `testbed snapshot save --force "
            f"{snapshot.name}`; where that was not meant, go back to what it was made of",
        )


def refuse_unsaveable(plan: Plan) -> None:
    """Raises TestbedError for a lab whose nodes are namespaces, or whose overlay is not ours."""
    if not plan.provider_traits.snapshots:
        raise TestbedError(
            "only virtual machines can be saved and go on",
            why="processes in namespaces have no memory image, and are up in seconds anyway",
            fix="`testbed up --nodes vagrant --recreate`; or `testbed down --keep`, and the "
            "next `up` goes on from what is on disk",
        )
    if not plan.overlay_traits.agents:
        raise TestbedError(
            f"a lab with {plan.overlay_traits.title} cannot be saved",
            why="a snapshot is verified by what the testbed's own agents report anew",
            fix="testbed up --overlay agent --recreate",
        )


class SnapshotRow(TypedDict):
    """A snapshot; what its record does not tell is "?"."""

    lab: str
    snapshot: str
    topology: str
    made: str
    driver: str
    size: str


def table() -> list[SnapshotRow]:
    """A row per snapshot."""
    return [_table_row(snapshot) for snapshot in snapshots.listing()]


def _table_row(snapshot: Snapshot) -> SnapshotRow:
    row: SnapshotRow = {
        "lab": snapshot.lab,
        "snapshot": snapshot.name,
        "topology": "?",
        "made": "?",
        "driver": "?",
        "size": "?",
    }
    try:
        record = snapshot.record
    except TestbedError as error:
        return {**row, "size": str(error.why)}
    return {
        **row,
        "topology": record.plan.topology,
        "made": record.made,
        "driver": record.made_of["driver"],
        "size": f"{snapshot.occupied / (1 << 30):.1f} GiB",
    }
