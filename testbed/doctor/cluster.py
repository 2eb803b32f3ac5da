"""Checks what a Kubernetes lab needs beyond a light one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from testbed.doctor.attempt import attempt
from testbed.doctor.machine import limit, program
from testbed.doctor.verdict import Level, Verdict
from testbed.errors import TestbedError
from testbed.host import cgroups
from testbed.host.lab_cgroups import come_from_systemd, giver
from testbed.host.lab_data import DATA_DIR
from testbed.host.run import run

PROGRAMS = ("containerd", "runc", "/usr/lib/cni/loopback", "/usr/lib/cni/portmap")
DISK_NEEDED = 2 << 30  # bytes, for three nodes and what users load
DISK_LEAST = 512 << 20  # what three nodes have on disk once they are up is some 420 MB
INOTIFY_NEEDED = 96  # instances: some 35 of the nodes' programs, those of the agents, some room
LIGHT = "or `testbed up --cluster none`"


def cluster_checks() -> list[Verdict]:
    """Programs, control groups, overlayfs, disk, limits."""
    return [
        *(program(p) for p in PROGRAMS),
        *attempt("Kubernetes", lambda: [_check_artefact()]),
        overlayfs(Path("/proc/filesystems").read_text(), _is_loadable("overlay")),
        _check_cgroups(),
        *attempt("disk", lambda: [_check_disk()]),
        limit("fs/inotify/max_user_instances", INOTIFY_NEEDED, "watches of a cluster"),
    ]


def _check_artefact() -> Verdict:
    from testbed.artefacts import listing

    row = next(r for r in listing() if r["name"] == "kubernetes")
    if row["state"] == "cached":
        return Verdict("Kubernetes", "ok", f"{row['version']} in the cache")
    return Verdict("Kubernetes", "note", f"{row['version']} is not here yet", "make artefacts")


def _is_loadable(module: str) -> bool:
    """Whether the kernel finds a module when it needs it."""
    modprobe = shutil.which("modprobe")
    if modprobe is None:
        return False
    return run([modprobe, "-qn", module], check=False).returncode == 0


def overlayfs(file_systems: str, loadable: bool) -> Verdict:
    """Whether the kernel can give a node a root of its own; mounting one loads the module."""
    if "overlay" in file_systems.split():
        return Verdict("overlayfs", "ok", "there")
    if loadable:
        return Verdict("overlayfs", "ok", "there, as a module")
    return Verdict("overlayfs", "fail", "is missing", f"modprobe overlay, {LIGHT}")


def _check_cgroups() -> Verdict:
    unified = Path("/sys/fs/cgroup/cgroup.controllers")
    if unified.exists():
        there = controllers(2, set(unified.read_text().split()))
        return there if there.level == "fail" else _check_delegation(there)
    lines = [line.split() for line in Path("/proc/cgroups").read_text().splitlines()]
    return controllers(1, {x[0] for x in lines if len(x) == 4 and x[3] == "1"})


def controllers(version: int, there: set[str]) -> Verdict:
    """Whether the kubelet finds the controllers that it insists on."""
    missing = sorted(cgroups.NEEDED - there)
    if not missing:
        return Verdict("control groups", "ok", f"version {version}")
    seen = f"version {version} lacks {', '.join(missing)}"
    return Verdict("control groups", "fail", seen, f"enable them at boot, {LIGHT}")


def _check_delegation(there: Verdict) -> Verdict:
    """Whether a lab gets them as well: from systemd, or from a group that passes them on."""
    if come_from_systemd():
        return replace(there, seen=f"{there.seen}, from systemd")
    try:
        giver(cgroups.own()[0].path)
    except TestbedError as error:
        seen = f"version 2, but {error.why}"
        return Verdict("control groups", "fail", seen, error.fix or "")
    return there


def _check_disk() -> Verdict:
    where = DATA_DIR
    while not where.exists():
        where = where.parent
    return disk(shutil.disk_usage(where).free, DATA_DIR)


def disk(free: int, where: Path) -> Verdict:
    """Whether a lab's data finds room: `free` bytes are left there."""
    seen = f"has {free / (1 << 30):.1f} GiB free for {where}"
    if free >= DISK_NEEDED:
        return Verdict("disk", "ok", seen)
    level: Level = "warn" if free >= DISK_LEAST else "fail"
    return Verdict("disk", level, seen, "make room, or set TESTBED_DATA to another disk")
