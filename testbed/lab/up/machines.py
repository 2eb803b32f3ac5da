"""Actions on virtual machines: booted, or going on from their saved memory."""

from __future__ import annotations

import shutil
import time
from datetime import datetime, timezone

from testbed import paths
from testbed.backbone import routers
from testbed.backbone.repair import program as repair
from testbed.lab import snapshots
from testbed.lab.up import room
from testbed.lab.up.context import UpContext
from testbed.lab.up.source import Source
from testbed.orchestrators import agents
from testbed.orchestrators.agent_status import reported_anew
from testbed.orchestrators.kubernetes import resume as kubernetes
from testbed.paths import GOBGPD
from testbed.providers.storage import Storage
from testbed.providers.vagrant import node
from testbed.providers.vagrant.guest.resync import resync_guest
from testbed.providers.vagrant.guest.ssh import Guest
from testbed.providers.vagrant.machines import Files, Machine, machines
from testbed.providers.vagrant.snapshot import data_copy, memory


def are_wanted(context: UpContext) -> bool:
    """Nodes have to boot before they are given anything."""
    return bool(context.preparation.machines)


def begin(context: UpContext) -> None:
    """Start what nodes need before they can boot."""
    context.note_built()
    context.preparation.begin(context.supervisor, context.fresh)


def title(context: UpContext) -> str:
    return f"{len(context.preparation.machines)} {context.plan.provider_traits.title}"


def boot(context: UpContext) -> None:
    """Boot all machines at once; each is told as soon as it answers."""
    begun = time.monotonic()

    def arrived(name: str) -> None:
        context.progress.arrived(f"{name} reachable", time.monotonic() - begun)

    context.preparation.boot(arrived)


def fill_data(context: UpContext) -> None:
    """Put back what the lab had on disk, in place of what is there."""
    lab = context.lab
    lab.forget_data()
    data_copy.put(_saved_source(context).snapshot.data, lab.claim_data())
    room.record_data(context)


def begin_saved(context: UpContext) -> None:
    """libvirt again; what machines are made from lies in the lab's data already."""
    context.preparation.begin(context.supervisor, False)


def start_daemons(context: UpContext) -> None:
    """Routers and injectors, which announce the saved policies."""
    plan, source = context.plan, _saved_source(context)
    routers.write_files(plan)
    routers.start(plan, context.supervisor)
    repair.start(plan, context.supervisor)
    GOBGPD.symlink_to(context.gobgpd)
    agents.recognise(plan, [plan.node(name) for name in source.record.machines])
    for injector in plan.injectors:
        saved = source.snapshot.policies / injector.name
        shutil.copytree(saved, snapshots.policies(injector.name))
    agents.start_injectors(plan, context.supervisor, context.gobgpd)


def resume_title(context: UpContext) -> str:
    source = _saved_source(context)
    return f"{len(source.record.machines)} virtual machines go on from {source.snapshot.name!r}"


def resume(context: UpContext) -> None:
    """Let all machines go on; each is told as soon as it answers."""
    source, there, files = (
        _saved_source(context),
        _saved_machines(context),
        Files.of(paths.DATA.readlink()),
    )
    context.resumed = datetime.now(timezone.utc)
    begun = time.monotonic()
    memory.thaw(there, files, source.record.disks)
    memory.load(there, files, source.snapshot)
    memory.resume(there, files)

    def awake(guest: Guest) -> None:
        resync_guest(guest)
        context.progress.arrived(f"{guest.name} reachable", time.monotonic() - begun)

    node.on_all(there, files, awake)
    node.register_machines(there, files)
    context.note_built()


def nodes_ready(context: UpContext) -> None:
    """Wait until nodes are Ready by what they said since they went on.

    Certificates that have ended, or are about to, are replaced; that takes as long as a start.
    """
    until = datetime.fromisoformat(_saved_source(context).record.certificates_until)
    kubernetes.go_on(context.plan, Storage.of_lab(), context.resumed, until)


def have_injectors(context: UpContext) -> bool:
    """There are sessions that broke while machines stood still, which every agent sees."""
    return bool(context.plan.injectors)


def agents_report(context: UpContext) -> None:
    """Wait until every agent has reported since it went on."""
    reported_anew(context.plan, _saved_source(context).record.reports)


def _saved_machines(context: UpContext) -> list[Machine]:
    there = _saved_source(context).record.machines
    return [machine for machine in machines(context.plan) if machine.name in there]


def _saved_source(context: UpContext) -> Source:
    assert context.source is not None, "this action is in the list from a snapshot"
    return context.source
