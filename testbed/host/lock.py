"""One change of a lab at a time: an flock on the lab's own directory, so no lock file is left."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RETRY = 0.05  # seconds between two looks at a lock that somebody else holds


class LockHeld(Exception):
    """Another process holds the lock."""


@contextmanager
def locked_directory(path: Path, patience: float) -> Iterator[int]:
    """Make and hold the directory; gives the descriptor that holds the lock.

    Whoever inherits the descriptor goes on holding the lock. The holder may remove the directory:
    who waited for it then starts again with a new one. Raises LockHeld after `patience`
    seconds, OSError where the directory cannot be made.
    """
    deadline = time.monotonic() + patience
    while (fd := _try(path)) is None:
        if time.monotonic() >= deadline:
            raise LockHeld
        time.sleep(RETRY)  # polling the lock, up to `patience`
    try:
        yield fd
    finally:
        os.close(fd)


def _try(path: Path) -> int | None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None  # removed by its holder in between
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(fd), path.stat()):
            return fd
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return None
