"""Stores made images beside the cached programs, in archives named by their content.

images/busybox-0123456789abcdef.tar   an image; the number is the hash of all that is in it
images/made.json                      from which files each was made, as stat saw them
images/containerd-…/                  a containerd's directory with all of them unpacked
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from testbed.artefacts.settings import cache_root
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.files import replacing
from testbed.host.lock import LockHeld, locked_directory

LOCK_LIMIT = 600  # seconds: another run may be making the same images


def images_directory() -> Path:
    """The directory of made images; it need not exist yet."""
    return cache_root().parent / "images"


@contextlib.contextmanager
def locked_cache_dir(directory: Path) -> Iterator[None]:
    """Lock the directory, made if missing, and first remove what a killed run left.

    Raises MachineUnfit if it cannot be had; an OSError within becomes a TestbedError
    (exit code 4).
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked_directory(directory, LOCK_LIMIT, 0o755))
        except LockHeld:
            raise MachineUnfit(
                "another run holds the image cache",
                where=str(directory),
                fix="wait until it has ended",
            ) from None
        except OSError as error:
            raise MachineUnfit(
                "the image cache cannot be written",
                where=str(directory),
                why=error.strerror,
                fix="set TESTBED_CACHE to a directory of yours",
            ) from None
        try:
            for left in directory.glob(".new-*"):
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            yield
        except OSError as error:
            raise TestbedError(
                "images cannot be made",
                where=error.filename or str(directory),
                why=error.strerror or str(error),
                exit_code=4,
            ) from None


@contextlib.contextmanager
def fresh(target: Path) -> Iterator[Path]:
    """A file to write, which then takes the place of `target`, whole or not at all."""
    with replacing(target, prefix=".new-") as draft:
        yield draft
        give_to_owner(draft)


def give_to_owner(path: Path) -> None:
    """What root makes in a user's cache becomes the user's, who may then remove it."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def give_all_to_owner(directory: Path) -> None:
    """The same for a directory with all that is in it."""
    if os.geteuid() == 0 and directory.parent.stat().st_uid != 0:
        owner = directory.parent.stat()
        for path in (directory, *directory.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def supersede(target: Path, prefix: str) -> None:
    """Remove the archives of this prefix that are older than `target`."""
    for old in target.parent.glob(f"{prefix}-*.tar"):
        if old != target:
            old.unlink(missing_ok=True)
