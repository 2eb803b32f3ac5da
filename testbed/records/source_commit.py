"""Which commit of the testbed runs, where it is a clone."""

from __future__ import annotations

import re
from pathlib import Path

from testbed.paths import CLONE

_HASH = re.compile(r"[0-9a-f]{40,64}")


def source_commit(clone: Path = CLONE) -> str:
    """The commit's hash; empty where it is not known. Files are read: git may not be there."""
    try:
        return _read_head(_git_directory(clone))
    except (OSError, ValueError):
        return ""


def _git_directory(clone: Path) -> Path:
    """`.git` is a directory, or in a work tree a file that names it."""
    found = clone / ".git"
    if found.is_dir():
        return found
    return clone / found.read_text().removeprefix("gitdir:").strip()


def _read_head(git: Path) -> str:
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref: "):
        return head if _HASH.fullmatch(head) else ""
    name, common = head.removeprefix("ref: "), git
    if (git / "commondir").exists():
        common = git / (git / "commondir").read_text().strip()
    if (common / name).exists():
        return (common / name).read_text().strip()
    packed = (common / "packed-refs").read_text().splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
