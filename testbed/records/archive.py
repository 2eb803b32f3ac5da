"""The crate of a run as one ZIP file, to be passed on: written, and taken in with every check."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from testbed.errors import TestbedError
from testbed.host.for_caller import hand_all_to_caller, make_directory, open_for_caller
from testbed.records.crate import METADATA, Crate, CrateFile, altered, parse, refuse_outside
from testbed.records.digests import differing
from testbed.records.store import Store, StoredRun

SUFFIX = ".crate.zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # equal runs give equal bytes
_LARGEST_METADATA = 256_000_000  # bytes; a run of all scenarios has one
_BLOCK = 1 << 20


def export(run: StoredRun, target: Path) -> int:
    """Write the run's crate; gives the number of its files. Raises TestbedError, OSError.

    What holds a secret is not in the crate, so it is not in the file either.
    """
    metadata = _metadata_of(run)
    crate = parse(metadata, str(run.path / METADATA))
    wrong = differing(run.path, crate)
    if wrong:
        raise altered("; ".join(wrong[:3]) + _and_more(wrong), str(run.path))
    with (
        os.fdopen(open_for_caller(target), "wb") as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr(_member(run, METADATA), metadata)
        for file in crate.files:
            with (
                (run.path / file.path).open("rb") as source,
                archive.open(_member(run, file.path), "w") as into,
            ):
                _copy_bytes(source, into, file.size)  # it may have grown since
    return len(crate.files)


def _member(run: StoredRun, name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"{run.name}/{name}", _EPOCH)
    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return info


def _copy_bytes(source: IO[bytes], into: IO[bytes], size: int) -> None:
    while block := source.read(min(_BLOCK, size)):
        into.write(block)
        size -= len(block)


def read_crate(run: StoredRun) -> Crate:
    """The crate of a run. Raises TestbedError if it has none."""
    return parse(_metadata_of(run), str(run.path / METADATA))


def _metadata_of(run: StoredRun) -> bytes:
    file = run.path / METADATA
    try:
        return file.read_bytes()
    except OSError as error:
        gone = not run.has_evidence
        raise TestbedError(
            f"run {run.name} has no crate",
            where=str(run.path),
            why="its evidence is gone" if gone else f"{METADATA}: {error.strerror}",
            fix="run it again; older testbeds kept none",
        ) from None


def take_in(file: Path, store: Store, at: datetime) -> tuple[str, bool]:
    """Import a crate: its name in the store, and whether it is new. Raises TestbedError, OSError.

    Nothing is kept of one that is not exactly as its metadata say.
    """
    with _opened(file) as archive:
        members = _members(archive, str(file))
        crate = parse(_read_metadata(archive, members, str(file)), str(file))
        _refuse_unlisted(members, crate, str(file))
        for run in store.runs():
            if run.record == crate.record and run.has_evidence:
                return run.name, False
        with _draft(store) as draft:
            for listed in crate.files:
                _extract(archive, members[listed.path], listed, draft, str(file))
            metadata = archive.read(members[METADATA])
            (draft / METADATA).write_bytes(metadata)
            name = store.free_name(crate.record.run)
            hand_all_to_caller(draft)
            draft.rename(store.directory / name)
    store.imported(name, store.directory / name, crate.record, at)
    return name, True


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise TestbedError(
            "not an intact ZIP file",
            where=str(file),
            why=str(error),
            fix="give what `testbed runs export` wrote",
        ) from None


def _members(archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    """Path in the crate → member. A crate lies in one folder, or at the top of the archive."""
    files = [info for info in archive.infolist() if not info.is_dir()]
    for info in files:
        refuse_outside(info.filename, where)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise altered(f"{info.filename} is a link, or no file at all", where)
    tops = [n for info in files if (n := info.filename).split("/")[-1] == METADATA]
    prefix = min(tops, key=len, default="").removesuffix(METADATA)
    inside = {i.filename.removeprefix(prefix): i for i in files if i.filename.startswith(prefix)}
    outside = [i.filename for i in files if not i.filename.startswith(prefix)]
    if outside or len(inside) < len(files):
        raise altered(f"{(outside or ['a file'])[0]} is beside the crate, or there twice", where)
    return inside


def _read_metadata(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], where: str
) -> bytes:
    info = members.get(METADATA)
    if info is None:
        raise altered(f"it has no {METADATA}", where)
    if info.file_size > _LARGEST_METADATA:
        raise altered(f"{METADATA} has {info.file_size} bytes", where)
    return archive.read(info)


def _refuse_unlisted(members: dict[str, zipfile.ZipInfo], crate: Crate, where: str) -> None:
    listed = {file.path for file in crate.files} | {METADATA}
    for path in sorted(members.keys() - listed):
        raise altered(f"{path} is in it, and {METADATA} does not list it", where)
    for path in sorted(listed - members.keys()):
        raise altered(f"{path} is missing", where)


def _extract(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, listed: CrateFile, draft: Path, where: str
) -> None:
    target = draft / listed.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as source, target.open("xb") as into:
        size, digest = _copy(source, into, listed.size)
    if size != listed.size:
        raise altered(f"{listed.path} has not the {listed.size} bytes that are recorded", where)
    if digest != listed.sha256:
        raise altered(
            f"{listed.path} has SHA-256 {digest[:12]}…, recorded was {listed.sha256[:12]}…", where
        )


def _copy(source: IO[bytes], into: IO[bytes], size: int) -> tuple[int, str]:
    """Copy as much as is recorded and at most a byte more, whatever the archive holds."""
    digest, done = hashlib.sha256(), 0
    while block := source.read(min(_BLOCK, size + 1 - done)):
        into.write(block)
        digest.update(block)
        done += len(block)
    return done, digest.hexdigest()


@contextmanager
def _draft(store: Store) -> Iterator[Path]:
    """A directory in the store that is no run yet."""
    draft = store.directory / f".import-{os.getpid()}"
    make_directory(draft)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _and_more(wrong: list[str]) -> str:
    return f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
