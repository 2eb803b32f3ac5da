"""Locks the cache for one run at a time, and removes what a killed run left."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from testbed.artefacts import cache
from testbed.artefacts.cache_dir import give_all_to_owner
from testbed.artefacts.lockfile import needed
from testbed.artefacts.settings import cache_root
from testbed.artefacts.toolchain import discard_caches
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.lock import LockHeld, locked_directory

LOCK_LIMIT = 3 * 3600  # seconds: another run may be building


@contextlib.contextmanager
def locked_cache(doing: str, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the cache's lock while `doing` (like "fetching GoBGP"), and say so if that must wait.

    Raises MachineUnfit if the lock or the cache cannot be had; an OSError within becomes a
    TestbedError (exit code 4).
    """
    root = cache_root()
    with _lock_cache(root, doing, say):
        try:
            _remove_leftovers(root)
            yield
            if all(cache.held(artefact) is not None for artefact in needed()):
                discard_caches()  # nothing is left to build
            give_all_to_owner(root)
        except OSError as error:
            raise TestbedError(
                f"{doing} failed",
                where=error.filename or str(root),
                why=error.strerror or str(error),
                exit_code=4,
            ) from None


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A directory in the cache for the time of one step."""
    with tempfile.TemporaryDirectory(dir=cache_root(), prefix=".work-") as directory:
        yield Path(directory)


def _lock_cache(root: Path, doing: str, say: Callable[[str], None]) -> contextlib.ExitStack:
    held = contextlib.ExitStack()
    try:
        try:
            held.enter_context(locked_directory(root, 0.0, 0o755))
        except LockHeld:
            say(f"{doing}: waiting for another run that changes the artefact cache")
            held.enter_context(locked_directory(root, LOCK_LIMIT, 0o755))
    except LockHeld:
        raise MachineUnfit(
            "another run holds the artefact cache",
            where=str(root),
            why=f"not released within {LOCK_LIMIT} s",
            fix="wait until it has ended",
        ) from None
    except OSError as error:
        raise MachineUnfit(
            "the artefact cache cannot be written",
            where=str(root),
            why=str(error),
            fix="set TESTBED_CACHE to a directory of yours",
        ) from None
    return held


def _remove_leftovers(root: Path) -> None:
    # under the lock: whoever made these was killed
    for pattern in (".work-*", "objects/.new-*", "toolchain/.new-*"):
        for left in root.glob(pattern):
            shutil.rmtree(left, ignore_errors=True)
