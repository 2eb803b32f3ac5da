"""Locks between processes: an flock on a directory itself, so no lock file is left.

Whoever changes what is in a directory locks it; who only reads it for a while shares it.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.errors import CheckFailed
from testbed.host.files import make_owned_directory
from testbed.host.wait import wait_for

RETRY = 0.05  # seconds between two looks at a lock that somebody else holds


class LockHeld(Exception):
    """Another process holds the lock."""


@contextmanager
def locked_directory(path: Path, patience: float, mode: int = 0o700) -> Iterator[int]:
    """Make and hold the directory; gives the descriptor that holds the lock.

    Whoever inherits the descriptor goes on holding the lock. The holder may remove the directory:
    who waited for it then starts again with a new one. Raises LockHeld after `patience`
    seconds, OSError where the directory cannot be made.
    """
    try:
        fd = wait_for(
            f"the lock of {path}", lambda: (_try_lock(path, mode), "held"), patience, RETRY
        )
    except CheckFailed:
        raise LockHeld from None
    try:
        yield fd
    finally:
        os.close(fd)


@contextmanager
def shared_directory(path: Path) -> Iterator[None]:
    """Keep others from locking the directory, together with all who share it.

    Waits for who has locked it. Raises FileNotFoundError if there is no such directory then.
    """
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH)
        if not _is_at(path, fd):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        yield
    finally:
        os.close(fd)


def hold_directory(path: Path, on_wait: Callable[[], None]) -> None:
    """Make and lock the directory until this process ends, however it does.

    Waits for as long as another process has it; `on_wait` is called before.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)  # left open
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        on_wait()
        fcntl.flock(fd, fcntl.LOCK_EX)


def is_locked(path: Path) -> bool:
    """Does a process hold the lock of the directory now? No if there is no such directory."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _try_lock(path: Path, mode: int) -> int | None:
    try:
        make_owned_directory(path, mode)
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None  # removed by its holder in between
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(path, fd):
            return fd
    except BlockingIOError:
        pass
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return None


def _is_at(path: Path, fd: int) -> bool:
    """False once the directory was removed or renamed, even if another has its name now."""
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False
