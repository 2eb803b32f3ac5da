"""Machines stopped at one moment, their memory saved; and machines that go on from there.

Disks are frozen meanwhile: what a disk was becomes a file that nobody writes to any more, and the
machine goes on with an empty layer over it. So neither saving nor going on copies a disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from testbed.host.files import replacing
from testbed.host.run import run
from testbed.providers.vagrant import libvirt
from testbed.providers.vagrant.machines import Files, Machine
from testbed.providers.vagrant.snapshot.snapshots import Snapshot

LIMIT = 600.0  # seconds; 2 GB per machine, and the disk may be slow


def pause(machines: Sequence[Machine], files: Files) -> None:
    """Stop all, within a fraction of a second. Raises TestbedError."""
    for machine in machines:
        libvirt.virsh("suspend", libvirt.domain(machine, files))


def save(machines: Sequence[Machine], files: Files, into: Snapshot) -> None:
    """Write memory and devices of paused machines, which end. Raises TestbedError."""

    def one(machine: Machine) -> None:
        domain = libvirt.domain(machine, files)
        into.domain(machine.name).write_text(libvirt.virsh("dumpxml", "--inactive", domain))
        libvirt.virsh("save", domain, str(into.memory(machine.name)), timeout=LIMIT)

    _on_each(one, machines)


def freeze(machines: Sequence[Machine], files: Files, name: str) -> None:
    """Give disks of machines that are off a second name, which stays when they thaw."""
    for machine in machines:
        disk, frozen = _disk_file(machine, files, name)
        os.link(disk, frozen)


def thaw(machines: Sequence[Machine], files: Files, name: str) -> None:
    """Let machines go on with an empty layer over their frozen disks. Raises TestbedError.

    At any moment each machine has a disk with all that is on it.
    """
    for machine in machines:
        disk, frozen = _disk_file(machine, files, name)
        create = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b"]
        with replacing(disk) as draft:
            run([*create, str(frozen), str(draft)])


def _disk_file(machine: Machine, files: Files, name: str) -> tuple[Path, Path]:
    """A machine's disk, and what it is called when frozen."""
    domain = libvirt.domain(machine, files)
    return files.pool / f"{domain}.img", files.pool / f"{domain}.{name}.img"


def load(machines: Sequence[Machine], files: Files, saved: Snapshot) -> None:
    """Have machines that are off as they were saved, still paused. Raises TestbedError."""
    known = libvirt.states()
    off = [m for m in machines if known.get(libvirt.domain(m, files), "shut off") == "shut off"]

    def one(machine: Machine) -> None:
        domain = libvirt.domain(machine, files)
        if domain not in known:
            libvirt.virsh("define", str(saved.domain(machine.name)))
        memory = str(saved.memory(machine.name))
        libvirt.virsh("restore", memory, "--paused", timeout=LIMIT)

    _on_each(one, off)


def resume(machines: Sequence[Machine], files: Files) -> None:
    """Let paused machines go on. Raises TestbedError."""
    known = libvirt.states()
    for machine in machines:
        domain = libvirt.domain(machine, files)
        if known.get(domain) == "paused":
            libvirt.virsh("resume", domain)


def _on_each(do: Callable[[Machine], None], machines: Sequence[Machine]) -> None:
    if machines:
        with ThreadPoolExecutor(len(machines)) as pool:
            list(pool.map(do, machines))
