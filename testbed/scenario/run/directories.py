"""Where a run keeps its evidence: a directory of its own, with one for every scenario in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.lock import LockHeld, locked_directory

Make = Callable[[Path], None]


def new_directory(parent: Path, stem: str, make: Make = Path.mkdir) -> Path:
    """Make parent/STEM, or STEM-2 and so on if another has that name, also at this moment."""
    for number in count(1):
        path = parent / (stem if number == 1 else f"{stem}-{number}")
        try:
            make(path)
        except FileExistsError:
            continue
        return path
    raise AssertionError("count() has no end")


@contextmanager
def own_evidence(directory: Path, option: str = "--evidence") -> Iterator[None]:
    """Keep other runs from writing there meanwhile. Raises TestbedError if one does.

    `option` is the one that chose the directory.
    """
    try:
        with locked_directory(directory, 0.0, 0o755):
            yield
    except LockHeld:
        raise TestbedError(
            "another run keeps its evidence there",
            where=str(directory),
            fix=f"give another {option} DIR, or leave it away",
        ) from None


@contextmanager
def only_run(lab_directory: Path, name: str) -> Iterator[None]:
    """One run at a time in a lab. Raises TestbedError while another is at it."""
    lock = lab_directory / "run"
    try:
        with locked_directory(lock, 0.0):
            try:
                yield
            finally:
                with suppress(FileNotFoundError):  # the lab was taken down meanwhile
                    lock.rmdir()
    except LockHeld:
        raise TestbedError(
            "another run is going on in this lab",
            where=f"lab {name}",
            why="each would see what the other changes",
            fix="wait until it has ended; or leave -n away, and the run makes a lab of its own",
        ) from None


def names(scenarios: Sequence[str], rounds: int) -> list[list[str]]:
    """For each round, one directory name per scenario; no two are alike.

    te-bgp; te-bgp.1, te-bgp.2 of several rounds; te-bgp-2 of a second scenario of that name.
    """
    taken: set[str] = set()

    def free(name: str) -> str:
        found = next(n for k in count(1) if (n := name if k == 1 else f"{name}-{k}") not in taken)
        taken.add(found)
        return found

    suffixes = [f".{number}" for number in range(1, rounds + 1)] if rounds > 1 else [""]
    return [[free(name + suffix) for name in scenarios] for suffix in suffixes]
