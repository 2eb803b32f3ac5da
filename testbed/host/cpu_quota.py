"""How much processor time the control groups above this process leave it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

UNKNOWN = "not known: no control groups with the processor are mounted"
NONE = "none"


@dataclass(frozen=True)
class _Tree:
    """A mounted tree of control groups that has the processor, and the part of it seen there."""

    mount: Path
    root: str
    is_unified: bool


def cpu_quota(proc: Path = Path("/proc/self")) -> str:
    """`1.5 processors`, `none`, or why it is not known. The tightest of all groups above counts."""
    try:
        tree = _find_tree((proc / "mountinfo").read_text())
        own = _own_group((proc / "cgroup").read_text(), tree is not None and tree.is_unified)
    except OSError:
        return UNKNOWN
    if tree is None or own is None:
        return UNKNOWN
    below = own[len(tree.root.rstrip("/")) :] if own.startswith(tree.root) else own
    directories = (tree.mount / str(part).lstrip("/") for part in _upwards(below))
    quotas = [share for directory in directories if (share := _share(directory, tree)) is not None]
    return f"{min(quotas):g} processors" if quotas else NONE


def _find_tree(mountinfo: str) -> _Tree | None:
    """A tree of version 1 with the controller goes before the unified one, which then has none."""
    unified = None
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind, options = left.split(), right.split()[0], right.split()[-1]
        if kind == "cgroup" and "cpu" in options.split(","):
            return _Tree(Path(fields[4]), fields[3], False)
        if kind == "cgroup2":
            unified = _Tree(Path(fields[4]), fields[3], True)
    return unified


def _own_group(text: str, is_unified: bool) -> str | None:
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        if (is_unified and not controllers) or (not is_unified and "cpu" in controllers.split(",")):
            return path
    return None


def _upwards(path: str) -> Iterator[PurePosixPath]:
    own = PurePosixPath("/" + path.lstrip("/"))
    yield from (own, *own.parents)


def _share(directory: Path, tree: _Tree) -> float | None:
    """Processors that a group may use; None without a limit."""
    try:
        if tree.is_unified:
            quota, period = (directory / "cpu.max").read_text().split()
        else:
            quota = (directory / "cpu.cfs_quota_us").read_text()
            period = (directory / "cpu.cfs_period_us").read_text()
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):  # "max": no limit
        return None
