"""The control groups of a lab, seen from the host: recorded before they are made, then removed.

They are the one thing of a Kubernetes lab that does not end with its init.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path, PurePosixPath

from testbed.errors import TestbedError
from testbed.host import cgroups, systemd
from testbed.host import namespaces as ns
from testbed.host.files import write_json
from testbed.host.namespaces import MS_PRIVATE, MS_REC
from testbed.host.wait import wait_for

RECORD = "cgroups.json"
_GONE, _BUSY = 0, 10


def plan_for(
    lab: str, found: Iterable[cgroups.Hierarchy], unified: str | None
) -> list[cgroups.Hierarchy]:
    """Where a lab's control groups go: one below the caller's own, in every tree.

    With version 2 it is `unified`.
    """
    if unified:
        return [replace(h, path=unified) for h in found]
    return [replace(h, path=_group_of_lab(h.path, lab)) for h in found]


def come_from_systemd() -> bool:
    """True where a lab gets its group from systemd: version 2 only."""
    return cgroups.version(cgroups.own()) == 2 and systemd.runs_this_host()


def record(directory: Path, lab: str) -> list[str]:
    """Write down which control groups the lab's init is about to make.

    What the init is to be started with, if anything. Raises TestbedError.
    """
    found = cgroups.own()
    unified, launcher = None, []
    if come_from_systemd():
        unified, launcher = systemd.group(lab), systemd.launcher(lab)
    elif cgroups.version(found) == 2:
        unified = _group_of_lab(giver(found[0].path), lab)
    wanted = plan_for(lab, found, unified)
    write_json(directory / RECORD, [asdict(h) for h in wanted])
    return launcher


def _group_of_lab(path: str, lab: str) -> str:
    return f"{path.rstrip('/')}/testbed-{lab}"


def giver(path: str, tree: Path = Path("/sys/fs/cgroup")) -> str:
    """The nearest group, from `path` upwards, that passes on what a kubelet needs.

    Version 2 without systemd. Raises TestbedError if there is none.
    """
    for group in (path, *map(str, PurePosixPath(path).parents)):
        passed_on = tree / group.lstrip("/") / "cgroup.subtree_control"
        if passed_on.exists() and set(passed_on.read_text().split()) >= cgroups.NEEDED:
            return group
    words = " ".join(f"+{c}" for c in sorted(cgroups.NEEDED))
    raise TestbedError(
        "no control group gives a lab the controllers that it needs",
        where=f"{tree}{path} and those above it",
        why="systemd does not run here, and cgroup.subtree_control lacks them",
        fix=f"echo '{words}' > {tree}/cgroup.subtree_control, or `testbed up --cluster none`",
        exit_code=4,
    )


def recorded(directory: Path) -> list[cgroups.Hierarchy]:
    """What is on record; nothing if there is none that can be read."""
    try:
        return [cgroups.Hierarchy(**h) for h in json.loads((directory / RECORD).read_text())]
    except (OSError, ValueError, TypeError):
        return []


def remove(directory: Path) -> None:
    """Remove the lab's control groups once its processes have ended. Raises TestbedError."""
    found = recorded(directory)
    if found:
        systemd.end(found[0].path)
        wait_for(
            "the end of the lab's control groups",
            lambda: (_try_remove(found, directory) or None, "busy, or the kernel is still at it"),
            timeout=30,
            fix="processes of the lab that were moved? see " + found[0].path,
        )
    (directory / RECORD).unlink(missing_ok=True)


def _try_remove(found: list[cgroups.Hierarchy], directory: Path) -> bool:
    """In a child with mounts of its own: the host may have the trees anywhere, or nowhere."""
    at = directory / "cgroup"
    at.mkdir(exist_ok=True)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            ns.unshare(ns.CLONE_NEWNS)
            ns.mount("none", "/", None, MS_REC | MS_PRIVATE)
            cgroups.mount_all(found, at)
            trees = [cgroups.tree_dir(found, h, at) / h.path.lstrip("/") for h in found]
            left = [t for t in trees if not cgroups.remove_tree(t)]
            code = _BUSY if left else _GONE
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for mount_point in at.glob("*"):
        mount_point.rmdir()  # mount points that the child made
    at.rmdir()
    if code not in (_GONE, _BUSY):
        raise TestbedError("the lab's control groups cannot be reached", exit_code=1)
    return code == _GONE
