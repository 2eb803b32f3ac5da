"""Checks what labs with virtual machines need; most results are notes, as such labs are rare."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from testbed.doctor.attempt import attempt
from testbed.doctor.verdict import Level, Verdict
from testbed.errors import TestbedError
from testbed.host.lab_data import DATA_DIR
from testbed.host.memory import available
from testbed.images import calico_vpp
from testbed.providers.vagrant.box.accelerator import DEVICE, QEMU, choose
from testbed.providers.vagrant.box.box import Box, wanted_box
from testbed.providers.vagrant.box.distribution import of_this_machine
from testbed.providers.vagrant.machines import MEMORY

PROGRAMS = ("vagrant", "virsh", "/usr/sbin/libvirtd", "/usr/sbin/virtlogd", "dnsmasq", QEMU, "ssh")
BUILDERS = ("mmdebstrap", "mkfs.ext4", "qemu-img")
# Settings that keep users from making user namespaces, and their values then. With Ubuntu's
# AppArmor a user may make one and is allowed nothing in it.
USER_NAMESPACES = {
    "kernel.apparmor_restrict_unprivileged_userns": "1",
    "kernel.unprivileged_userns_clone": "0",
    "user.max_user_namespaces": "0",
}
DISK_PER_MACHINE = 1 << 30  # bytes, with what Kubernetes writes
INSTALL = "make deps NODES=vagrant"


def virtual_checks(machines: int = 3) -> list[Verdict]:
    """Programs, box, accelerator, memory and disk for so many machines."""
    missing = missing_programs()
    if missing:
        seen = f"not installed: {', '.join(missing)}"
        return [Verdict("virtual machines", "note", seen, f"{INSTALL}, if you want them")]
    return [
        Verdict("virtual machines", "ok", f"vagrant, libvirt, {QEMU}"),
        _check_tun(),
        kvm(DEVICE.exists(), _can_open(DEVICE), os.geteuid() == 0),
        *attempt("box", _check_box),
        room("memory for machines", available().free, machines * MEMORY << 20),
        *attempt("disk for machines", lambda: [_check_room_on_disk(machines)]),
        *attempt("files of Calico-VPP", lambda: [_check_calico_vpp(*calico_vpp.at_hand())]),
    ]


def missing_programs() -> list[str]:
    """What is not installed of all that a lab with machines runs, or its box is made with."""
    return [program for program in (*PROGRAMS, *BUILDERS) if not _is_installed(program)]


def _is_installed(program: str) -> bool:
    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    return shutil.which(program, path=path) is not None


def _check_tun() -> Verdict:
    if Path("/dev/net/tun").exists():
        return Verdict("taps", "ok", "/dev/net/tun")
    return Verdict("taps", "fail", "no /dev/net/tun", "modprobe tun")


def _can_open(device: Path) -> bool:
    """Root is refused as well where a container's control group says so."""
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def kvm(there: bool, usable: bool, root: bool) -> Verdict:
    """Whether machines can have the processor; that it works is seen by booting."""
    slow = "machines are emulated, about eight times slower"
    if not there:
        fix = "turn virtualisation on in the firmware, or where this machine itself is one"
        return Verdict("KVM", "note", f"no {DEVICE}: {slow}", fix)
    if usable:
        return Verdict("KVM", "ok", str(DEVICE))
    if root:
        fix = f"a container has to be given {DEVICE}"
        return Verdict("KVM", "note", f"{DEVICE} cannot be opened even by root: {slow}", fix)
    return Verdict("KVM", "ok", f"{DEVICE}, which root may open; labs run as root")


def _check_box() -> list[Verdict]:
    try:
        box = wanted_box(of_this_machine())
    except TestbedError as error:
        return [Verdict("box", "note", error.what, error.fix or "")]
    if not box.made:
        fix = "testbed box build, or the first `up` does"
        settings = {name: _read_setting(name) for name in USER_NAMESPACES}
        refused = [] if os.geteuid() == 0 else user_namespaces(settings)
        return [Verdict("box", "note", "not made yet", fix), *refused]
    record = box.record
    python = f"python {sys.version_info.major}.{sys.version_info.minor} as here"
    return [
        Verdict("box", "ok", f"{box.name}, kernel {record['kernel']}, {python}"),
        _check_accelerator(box),
    ]


def _read_setting(name: str) -> str:
    file = Path("/proc/sys", *name.split("."))
    return file.read_text().strip() if file.exists() else ""


def user_namespaces(settings: Mapping[str, str]) -> list[Verdict]:
    """Whether a user can make the box, as root of a user namespace; nothing is said if so."""
    for name, refusing in USER_NAMESPACES.items():
        if settings.get(name) == refusing:
            seen = f"only root may make them here ({name} = {refusing})"
            return [Verdict("user namespaces", "note", seen, "sudo testbed box build")]
    return []


def _check_accelerator(box: Box) -> Verdict:
    verdict = choose(box)
    level: Level = "note" if verdict.emulated else "ok"
    return Verdict("accelerator", level, verdict.why)


def _check_calico_vpp(there: int, needed: int) -> Verdict:
    """Of --overlay calico-vpp."""
    what = "files of Calico-VPP"
    if there == needed:
        return Verdict(what, "ok", f"all {needed} in {calico_vpp.directory()}")
    seen = f"{there} of {needed} images and manifests are there"
    return Verdict(what, "note", seen, "--overlay calico-vpp fetches them, or says why it cannot")


def room(what: str, free: int, needed: int) -> Verdict:
    """Whether so many bytes are enough."""
    seen = f"{free / (1 << 30):.1f} GiB free, {needed / (1 << 30):.1f} wanted"
    if free >= needed:
        return Verdict(what, "ok", seen)
    return Verdict(what, "warn", seen, "fewer machines, or make room")


def _check_room_on_disk(machines: int) -> Verdict:
    return room("disk for machines", _free_bytes(DATA_DIR), machines * DISK_PER_MACHINE)


def _free_bytes(where: Path) -> int:
    while not where.exists():
        where = where.parent
    return shutil.disk_usage(where).free
