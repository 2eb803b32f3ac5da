"""Snapshots of labs with virtual machines, on disk: one directory each, whole or not there.

A snapshot is written as a draft and renamed at the end. A draft of a run that was killed is swept
away by the next command that looks, `down` included.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from testbed.errors import TestbedError
from testbed.host.files import write_atomically
from testbed.host.lab_data import DATA_DIR
from testbed.host.lock import LockHeld, locked_directory
from testbed.plan.model import Plan

TOP = DATA_DIR / "_snapshots"  # no lab can be called so
RECORD = "snapshot.json"
_PARTS = {"data", "policies", "memory", "domains"}
_DRAFT = ".new-"
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,38}[a-z0-9])?")


class Record(BaseModel):
    """What a snapshot is of, and what it fits to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made: str  # UTC, ISO 8601
    disks: str  # what its disks are called after (testbed.providers.vagrant.snapshot.memory)
    plan: Plan
    machines: tuple[str, ...]  # the nodes that were there
    made_of: dict[str, str]  # testbed.providers.vagrant.snapshot.fingerprint
    certificates_until: str  # when the first of the nodes' ends, UTC, ISO 8601
    reports: dict[str, int]  # node → generation of its agent's last status
    sizes: dict[str, int]  # path in the snapshot → bytes


@dataclass(frozen=True)
class Snapshot:
    """A snapshot and where its parts lie."""

    lab: str
    name: str
    directory: Path

    @property
    def data(self) -> Path:
        """What the lab had on disk."""
        return self.directory / "data"

    @property
    def policies(self) -> Path:
        """What was injected: a directory per injector."""
        return self.directory / "policies"

    def memory(self, machine: str) -> Path:
        """Memory and devices of a machine, as libvirt saves them."""
        return self.directory / "memory" / machine

    def domain(self, machine: str) -> Path:
        """libvirt's description of a machine."""
        return self.directory / "domains" / f"{machine}.xml"

    @property
    def record(self) -> Record:
        """Raises TestbedError if another version wrote it, or if a file is not whole."""
        try:
            record = Record.model_validate_json((self.directory / RECORD).read_text())
        except (OSError, ValidationError):
            raise self._unusable_record(
                "its record cannot be read: another version made it"
            ) from None
        wrong = [path for path, size in record.sizes.items() if self._size_of(path) != size]
        if wrong:
            raise self._unusable_record(f"not as they were written: {', '.join(wrong[:3])}")
        return record

    def write_record(self, record: Record) -> None:
        """The last thing that is written."""
        text = record.model_dump_json(indent=1)
        write_atomically(self.directory / RECORD, text, 0o600, durable=True)

    def sizes(self) -> dict[str, int]:
        """Path → bytes of every file but the record."""
        files = (p for p in self.directory.rglob("*") if p.is_file() and not p.is_symlink())
        return {str(p.relative_to(self.directory)): p.stat().st_size for p in files}

    @property
    def occupied(self) -> int:
        """Bytes on disk. Disks are shared with the lab and with later snapshots of it."""
        found = {(s := p.lstat()).st_ino: s.st_blocks * 512 for p in self.directory.rglob("*")}
        return sum(found.values())

    def _size_of(self, path: str) -> int:
        with suppress(OSError):
            return (self.directory / path).stat().st_size
        return -1

    def _unusable_record(self, why: str) -> TestbedError:
        return TestbedError(
            f"snapshot {self.name!r} of lab {self.lab!r} cannot be used",
            where=str(self.directory),
            why=why,
            fix=f"testbed snapshot delete {self.name} -n {self.lab}",
        )


def find(lab: str, name: str) -> Snapshot:
    """The snapshot of this name. Raises TestbedError, with those that are there."""
    wanted = Snapshot(lab, checked(name), TOP / lab / name)
    if not (wanted.directory / RECORD).exists():
        there = [f"{s.name} (of lab {s.lab})" if s.lab != lab else s.name for s in listing()]
        raise TestbedError(
            f"lab {lab!r} has no snapshot {name!r}",
            why=f"there are: {', '.join(there)}" if there else "there is none",
            fix=f"testbed snapshot save {name} -n {lab}, while the lab is up",
        )
    return wanted


def checked(name: str) -> str:
    """A snapshot's name. Raises TestbedError if it cannot be one."""
    if not _NAME.fullmatch(name):
        raise TestbedError(
            f"{name!r} is no name of a snapshot",
            why="lower-case letters, digits, '-', '_' and '.', at most 40 characters",
            fix="choose another name",
        )
    return name


def listing() -> list[Snapshot]:
    """All snapshots, by lab and name."""
    records = TOP.glob(f"*/[!.]*/{RECORD}")
    found = (Snapshot(r.parent.parent.name, r.parent.name, r.parent) for r in records)
    return sorted(found, key=lambda s: (s.lab, s.name))


@contextmanager
def locked(lab: str) -> Iterator[None]:
    """One change of a lab's snapshots at a time; sweeps first. Raises TestbedError."""
    directory = TOP / lab
    try:
        with locked_directory(directory, 0.0):
            _remove_drafts(directory)
            try:
                yield
            finally:
                _remove_if_empty(directory)
    except LockHeld:
        raise TestbedError(
            f"the snapshots of lab {lab!r} are in use by another testbed command",
            fix="wait until it has ended",
        ) from None


@contextmanager
def draft(lab: str, name: str) -> Iterator[Snapshot]:
    """A snapshot to be filled, which then takes its place as a whole; locked()."""
    made = Snapshot(lab, name, TOP / lab / f"{_DRAFT}{name}")
    try:
        for directory in (made.data, made.policies, made.memory("x").parent):
            directory.mkdir(mode=0o700, parents=True)
        made.domain("x").parent.mkdir(mode=0o700)
        made.directory.chmod(0o700)
        yield made
        _replace_snapshot(made.directory, TOP / lab / name)
    finally:
        shutil.rmtree(made.directory, ignore_errors=True)


def delete(snapshot: Snapshot) -> None:
    """Remove a snapshot; locked(). A lab that was restored from it goes on."""
    gone = snapshot.directory.with_name(f"{_DRAFT}gone")
    snapshot.directory.rename(gone)
    shutil.rmtree(gone)


def sweep(lab: str) -> None:
    """Remove what a killed run left of a draft; to be called with the lab's own lock held."""
    if any(_find_drafts(TOP / lab)):
        with suppress(TestbedError), locked(lab):
            pass


def _replace_snapshot(made: Path, target: Path) -> None:
    if target.exists():
        target.rename(target.with_name(f"{_DRAFT}old"))
    made.rename(target)
    _remove_drafts(target.parent)


def _remove_drafts(directory: Path) -> None:
    for left in _find_drafts(directory):
        shutil.rmtree(left)


def _find_drafts(directory: Path) -> Iterator[Path]:
    """Only what holds nothing but parts of a snapshot: anything else is not ours."""
    for found in directory.glob(f"{_DRAFT}*"):
        if found.is_dir() and not found.is_symlink() and _holds_only_parts(found):
            yield found


def _holds_only_parts(directory: Path) -> bool:
    return all(p.name in _PARTS or RECORD in p.name for p in directory.iterdir())


def _remove_if_empty(directory: Path) -> None:
    for empty in (directory, directory.parent):  # the one above may be the user's
        with suppress(OSError):
            empty.rmdir()
