"""Files that a command which is root by sudo writes for the user who called sudo."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path


def caller() -> tuple[int, int] | None:
    """User and group of who called sudo; None if this is nobody's sudo."""
    uid, gid = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if os.geteuid() != 0 or uid is None or gid is None:
        return None
    return int(uid), int(gid)


def open_for_caller(path: Path | str) -> int:
    """A descriptor that writes the file anew. A new file is the caller's; one that is there
    stays whose it is. Raises OSError.

    It is opened without O_CREAT if it is there: in /tmp the kernel keeps even root from a file of
    another user that could be a trap (fs.protected_regular).
    """
    try:
        return os.open(path, os.O_WRONLY | os.O_TRUNC)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    if (user := caller()) is not None:
        os.fchown(descriptor, *user)
    return descriptor


def write_for_caller(path: Path | str, content: str | bytes) -> None:
    """Write a file, which is the caller's. Raises OSError."""
    with os.fdopen(open_for_caller(path), "wb") as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def hand_to_caller(path: Path) -> None:
    """Give a file or directory that was made as root to the caller.

    Never a link's target, a device (/dev/null is a place to write to) or what is another user's.
    """
    user = caller()
    if user is None:
        return
    with suppress(FileNotFoundError):
        found = path.lstat()
        plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
        if plain and found.st_uid == os.geteuid():
            os.chown(path, *user, follow_symlinks=False)


def hand_all_to_caller(directory: Path) -> None:
    """The same for a directory with all that is in it."""
    for path in (directory, *directory.rglob("*")):
        hand_to_caller(path)


def make_directory(path: Path) -> None:
    """A directory with its parents; those that are new are the caller's. Raises OSError."""
    missing = [p for p in (path, *path.parents) if not p.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for made in missing:
        hand_to_caller(made)
