"""How much memory is left to this process: of the machine, and under its control groups' limits.

In a container /proc/meminfo is the machine's, and the limit is the container's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

from testbed.host import cgroups

_TREES = Path("/sys/fs/cgroup")
# Limit, use, and the part of it that is given back when it is needed; version 2, then 1.
_FILES = {
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


@dataclass(frozen=True)
class Room:
    """Bytes that are free, and the bytes of the limit of a control group that keeps it so small.

    `limit` is None where only the machine's memory counts.
    """

    free: int
    limit: int | None = None


def available() -> Room:
    """What can be had now."""
    groups = cgroups.own()
    kind = cgroups.version(groups)
    machine = Room(psutil.virtual_memory().available)
    for hierarchy in groups:
        if kind == 2 or hierarchy.name == "memory":
            tree = cgroups.tree_dir(groups, hierarchy, _TREES)
            return smallest(machine, tree, hierarchy.path, kind)
    return machine


def smallest(machine: Room, tree: Path, path: str, kind: int) -> Room:
    """The least room in the group at `path` of a mounted tree and in all above it.

    Groups that this cgroup namespace does not show are passed over. `kind`: 1 or 2.
    """
    group = tree / path.lstrip("/")
    chain = [group, *(p for p in group.parents if p.is_relative_to(tree))]
    rooms = [room for directory in chain if (room := _read(directory, kind))]
    return min([machine, *rooms], key=lambda room: room.free)


def _read(group: Path, kind: int) -> Room | None:
    """The room below one group's limit; None if it has none, or is not to be seen."""
    limit_file, usage_file, reclaimable = _FILES[kind]
    try:
        limit = (group / limit_file).read_text().strip()
        used = int((group / usage_file).read_text())
        stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
    except OSError:
        return None
    if limit == "max":
        return None
    return Room(max(0, int(limit) - used + int(stat.get(reclaimable, "0"))), int(limit))
