"""Control groups of a lab and of its nodes, on version 1, hybrid and version 2 hosts.

Standard library only: the lab's init and the nodes' containers import it while they start.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.host import namespaces as ns
from testbed.host.namespaces import MS_NODEV, MS_NOEXEC, MS_NOSUID

# The kubelet's; others are passed on to a lab as well where the host has them.
NEEDED = frozenset({"cpu", "cpuset", "memory", "pids"})
MNT_DETACH = 2
# Version 1 gives a new cpuset neither processors nor memory nodes, and takes no process then.
_INHERITED = ("cpuset.cpus", "cpuset.mems")
_NOT_OF_CGROUP2 = {"rw", "ro", "seclabel"}  # options of every file system


@dataclass(frozen=True)
class Hierarchy:
    """One tree of control groups, and where in it a process is."""

    name: str  # directory under /sys/fs/cgroup: "memory", "cpu,cpuacct", "systemd", "unified"
    kind: str  # file system: cgroup or cgroup2
    options: str  # of the mount
    path: str  # "/…", from the root that this cgroup namespace sees

    def mount(self, at: Path) -> None:
        """Mount the whole tree, as far as this cgroup namespace sees it. Raises OSError."""
        at.mkdir(parents=True, exist_ok=True)
        flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
        ns.mount("cgroup", str(at), self.kind, flags, self.options)


def hierarchies(text: str, unified_options: str = "") -> list[Hierarchy]:
    """Those of /proc/PID/cgroup, see cgroups(7). With version 1 controllers, "unified" is extra."""
    found = []
    for line in text.strip().splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            found.append(Hierarchy("unified", "cgroup2", unified_options, path))
        elif controllers.startswith("name="):
            name = controllers.removeprefix("name=")
            found.append(Hierarchy(name, "cgroup", f"none,{controllers}", path))
        else:
            found.append(Hierarchy(controllers, "cgroup", controllers, path))
    return found


def own() -> list[Hierarchy]:
    """The calling process's."""
    mounts = Path("/proc/self/mountinfo").read_text()
    return hierarchies(Path("/proc/self/cgroup").read_text(), unified_options(mounts))


def unified_options(mountinfo: str) -> str:
    """Options of the tree of version 2, as it is mounted already; empty if it is not.

    They belong to the tree, not to a mount: who mounts it again without them takes them away
    from the whole host (nsdelegate, memory_recursiveprot).
    """
    for line in mountinfo.splitlines():
        kind, _, options = line.partition(" - ")[2].split(" ")[:3]
        if kind == "cgroup2":
            return ",".join(o for o in options.split(",") if o not in _NOT_OF_CGROUP2)
    return ""


def version(found: Iterable[Hierarchy]) -> int:
    """2 if there is nothing but the unified tree, else 1."""
    return 2 if all(h.kind == "cgroup2" for h in found) else 1


def mount_all(found: Iterable[Hierarchy], at: Path) -> None:
    """Mount every tree as `at`/NAME; the lone one of version 2 as `at` itself. Raises OSError."""
    found = list(found)
    if version(found) == 2:
        found[0].mount(at)
        return
    for hierarchy in found:
        hierarchy.mount(at / hierarchy.name)


def tree_dir(found: Iterable[Hierarchy], hierarchy: Hierarchy, at: Path) -> Path:
    """Where mount_all() mounted a tree."""
    return at if version(found) == 2 else at / hierarchy.name


def make_and_join(directory: Path) -> None:
    """Make one control group and move the calling process into it. Raises OSError."""
    directory.mkdir(exist_ok=True)
    for name in _INHERITED:
        mine, parents = directory / name, directory.parent / name
        if mine.exists() and not mine.read_text().strip():
            mine.write_text(parents.read_text().strip())
    (directory / "cgroup.procs").write_text(str(os.getpid()))


def pass_controllers_on(group: Path) -> None:
    """Version 2: let the children of `group` have its controllers. Raises OSError.

    A group with processes cannot pass any on (cgroups(7)): the calling process, which has to be
    its only one, goes to group/init, and so does all that it starts.
    """
    make_and_join(group / "init")
    for controller in (group / "cgroup.controllers").read_text().split():
        with suppress(OSError):  # one that cannot be passed on is missed only by who needs it
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def become_root(wanted: list[Hierarchy]) -> None:
    """Move the calling process into groups, which are made, and see nothing above them.

    The process has mounts of its own and is alone in what it starts. Raises OSError.
    """
    scratch = Path("/sys/fs/cgroup")
    trees = scratch / "trees"
    ns.mount("testbed", str(scratch), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount_all(wanted, trees)
    groups = [tree_dir(wanted, h, trees) / h.path.lstrip("/") for h in wanted]
    for group in groups:
        make_and_join(group)
    ns.unshare(ns.CLONE_NEWCGROUP)
    if version(wanted) == 2:
        pass_controllers_on(groups[0])
    ns.umount(str(scratch), MNT_DETACH)


def remove_tree(directory: Path) -> bool:
    """Remove a control group and those below it; False while a process is still in one."""
    if not directory.is_dir():
        return True
    done = True
    for below in [p for p in directory.iterdir() if p.is_dir()]:
        done = remove_tree(below) and done
    try:
        directory.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return done
