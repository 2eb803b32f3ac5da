"""What of a lab's directory on disk goes into a snapshot, and back; and how."""

from __future__ import annotations

import os
import shutil
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Literal

from testbed.host.lab_data import MARK

# `link`: one file under two names, which nobody ever writes to.
Treatment = Literal["link", "copy", "leave"]

_NEVER_WRITTEN = ("vm/vmlinuz", "vm/payload.img", "vm/*.initrd", "vm/pool/*")
_LEFT = (
    "plan.json",  # written last of all, by `up`: without it nothing here counts
    MARK,  # of the lab, not of what it holds
    "vm/*.console",
    "vm/home/tmp/*",
)


def treatment(path: PurePosixPath) -> Treatment:
    """Of a file, by its path in the lab's directory. Disks have to be frozen before."""
    if _is_of(path, _LEFT):
        return "leave"
    return "link" if _is_of(path, _NEVER_WRITTEN) else "copy"


def _is_of(path: PurePosixPath, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(str(path), pattern) for pattern in patterns)


def put(source: Path, target: Path) -> None:
    """Fill the directory `target` with what is to be kept of `source`; modes stay."""

    def left(directory: str, names: list[str]) -> list[str]:
        inside = PurePosixPath(directory).relative_to(source)
        return [name for name in names if treatment(inside / name) == "leave"]

    def give(there: str, here: str) -> None:
        if treatment(PurePosixPath(there).relative_to(source)) == "link":
            os.link(there, here)
        else:
            shutil.copy2(there, here)

    shutil.copytree(
        source, target, symlinks=True, ignore=left, copy_function=give, dirs_exist_ok=True
    )
