"""The store of runs: a directory of evidence, and a journal that is only ever added to."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from testbed.errors import TestbedError
from testbed.host.files import append_line
from testbed.host.for_caller import hand_to_caller, make_directory
from testbed.host.lock import LockHeld, is_locked, locked_directory
from testbed.object_fields.close import did_you_mean
from testbed.records import crate
from testbed.records.crate import METADATA
from testbed.records.journal import Entry, Event, latest, parse
from testbed.records.older import read_older
from testbed.records.record import NAME, RunRecord

LATEST, PREVIOUS = "latest", "previous"
_PATIENCE = 30.0  # seconds for another command that writes a line

# `killed`: its end was not recorded, and it runs no more. `pruned`: only the record is left.
Standing = Literal["running", "finished", "interrupted", "killed", "pruned", "missing"]


@dataclass(frozen=True)
class StoredRun:
    """A run of the store, as it stands now.

    `is_own`: this store saw it begin. Of another nobody here knows who wrote its files.
    """

    name: str
    path: Path
    standing: Standing
    record: RunRecord
    is_own: bool = False

    @property
    def has_evidence(self) -> bool:
        """Are its files there?"""
        return self.standing not in ("pruned", "missing")


@dataclass(frozen=True)
class Store:
    """Evidence lies in `directory`/NAME, or wherever --evidence had it."""

    directory: Path

    @property
    def journal(self) -> Path:
        return self.directory / "journal.jsonl"

    def runs(self) -> list[StoredRun]:
        """All of them, the oldest first. Raises TestbedError."""
        journal = self._entries()
        entries = latest(journal)
        own = {entry.run for entry in journal if entry.event == "began"}
        newest = {entry.path: name for name, entry in entries.items()}
        known = [_stand(entry, newest[entry.path] == name) for name, entry in entries.items()]
        older = [self._older(path) for path in self._unrecorded({run.path for run in known})]
        known = [replace(run, is_own=run.name in own) for run in known]
        return sorted([*known, *older], key=lambda run: (run.record.started, run.name))

    def find(self, name: str) -> StoredRun:
        """By name, by the beginning of one, latest or the one before. Raises TestbedError."""
        runs = self.runs()
        for word, place in ((LATEST, 1), (PREVIOUS, 2)):
            if name == word and len(runs) >= place:
                return runs[-place]
        exact = [run for run in runs if run.name == name]
        found = exact or [run for run in runs if name and run.name.startswith(name)]
        if len(found) == 1:
            return found[0]
        names = [run.name for run in found or runs]
        if not names:
            raise TestbedError(f"no run {name!r}", why="none is recorded", fix="testbed run smoke")
        fix = did_you_mean(name, names) or f"there are: {', '.join(names[-5:])}"
        raise TestbedError(f"{len(found) or 'no'} runs are named {name!r}", fix=fix)

    def began(self, record: RunRecord, path: Path) -> None:
        """Raises OSError."""
        self._append("began", record.run, path, record, record.started)

    def ended(self, record: RunRecord, path: Path) -> None:
        """Raises OSError."""
        self._append("ended", record.run, path, record, record.ended or record.started)

    def free_name(self, wanted: str) -> str:
        """`wanted`, or with a number behind it if a run has that name. Raises TestbedError."""
        taken = {run.name for run in self.runs()}
        names = (wanted if n == 1 else f"{wanted}-{n}" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    def imported(self, name: str, path: Path, record: RunRecord, at: datetime) -> None:
        """Raises OSError."""
        self._append("imported", name, path, record, at)

    def prune(self, run: StoredRun, at: datetime) -> None:
        """Remove its evidence; the record stays. Raises OSError, TestbedError while it runs.

        Evidence outside of the store is the user's own, and stays.
        """
        if run.standing == "running":
            raise TestbedError(
                f"run {run.name} is going on", fix="wait until it has ended, or leave it out"
            )
        if run.path.parent.resolve() == self.directory.resolve():
            shutil.rmtree(run.path)
        self._append("pruned", run.name, run.path, run.record, at)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else writes meanwhile. Raises OSError, TestbedError."""
        make_directory(self.directory)
        try:
            with locked_directory(self.directory, _PATIENCE, 0o755):
                yield
        except LockHeld:
            raise TestbedError(
                "another command has been writing to the store of runs for long",
                where=str(self.directory),
                fix="wait until it has ended",
                exit_code=1,
            ) from None

    def _append(self, event: Event, name: str, path: Path, record: RunRecord, at: datetime) -> None:
        entry = Entry(event=event, run=name, path=str(path.resolve()), at=at, record=record)
        with self.locked():
            if not self.journal.exists():
                self.journal.touch()
                hand_to_caller(self.journal)
            append_line(self.journal, entry.model_dump_json().encode())

    def _entries(self) -> list[Entry]:
        try:
            return parse(self.journal.read_bytes(), str(self.journal))
        except FileNotFoundError:
            return []

    def _unrecorded(self, known: Iterable[Path]) -> list[Path]:
        """Directories of runs that no line tells of."""
        if not self.directory.is_dir():
            return []
        names = {path.name for path in known if path.parent == self.directory.resolve()}
        return [
            path
            for path in sorted(self.directory.iterdir())
            if path.name not in names and path.is_dir() and re.match(NAME, path.name)
        ]

    def _older(self, path: Path) -> StoredRun:
        """A run whose lines were lost, or that an older testbed made."""
        record = _read_record(path) or read_older(path)
        return StoredRun(path.name, path, _standing_of(record, path), record)


def to_prune(
    runs: Iterable[StoredRun], keep: int | None, older_than: timedelta | None, now: datetime
) -> list[StoredRun]:
    """All but the `keep` newest, and of these those that began longer ago than `older_than`.

    Never one that is going on, or whose evidence is gone.
    """
    candidates = [run for run in runs if run.has_evidence and run.standing != "running"]
    if keep is not None:
        candidates = candidates[: max(0, len(candidates) - keep)]
    if older_than is not None:
        candidates = [run for run in candidates if now - run.record.started > older_than]
    return candidates


def size_of(directory: Path) -> int:
    """Bytes of all files below a directory."""
    return sum(path.lstat().st_size for path in directory.rglob("*") if not path.is_dir())


def _stand(entry: Entry, owns_path: bool) -> StoredRun:
    """`owns_path`: no later run has its evidence in the same directory."""
    path, record = Path(entry.path), entry.record
    if entry.event == "pruned":
        return StoredRun(entry.run, path, "pruned", record)
    if not owns_path or not path.is_dir():
        return StoredRun(entry.run, path, "missing", record)
    if record.state == "running":
        record = _read_record(path) or record  # newer than its line
    return StoredRun(entry.run, path, _standing_of(record, path), record)


def _standing_of(record: RunRecord, path: Path) -> Standing:
    if record.state != "running":
        return record.state
    return "running" if is_locked(path) else "killed"


def _read_record(path: Path) -> RunRecord | None:
    """The record in a run's crate; None if it has no crate. Raises TestbedError."""
    file = path / METADATA
    try:
        return crate.parse(file.read_bytes(), str(file)).record
    except FileNotFoundError:
        return None
