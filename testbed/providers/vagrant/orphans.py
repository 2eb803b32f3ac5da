"""What a vagrant that was killed in the middle left, and its successor would stumble over."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.providers.vagrant import libvirt
from testbed.providers.vagrant.machines import Files, Machine


def clear(machines: Sequence[Machine], files: Files) -> list[str]:
    """Remove domains and disks of machines that Vagrant does not know; gives their names.

    Raises TestbedError.
    """
    cleared = []
    domains = libvirt.states()
    for machine in machines:
        name = libvirt.domain(machine, files)
        disk = files.pool / f"{name}.img"
        if _known_to_libvirt(machine, files) or not (name in domains or disk.exists()):
            continue
        if name in domains:
            libvirt.virsh("destroy", name, check=False)  # it may not run
            libvirt.virsh("undefine", name)
        disk.unlink(missing_ok=True)
        cleared.append(machine.name)
    if cleared:
        libvirt.virsh("pool-refresh", "testbed")
    return cleared


def _known_to_libvirt(machine: Machine, files: Files) -> bool:
    """Has Vagrant written down which domain this is?"""
    return (files.dotfiles / "machines" / machine.name / "libvirt" / "id").exists()
