"""Stores the programs of an artefact in a cache directory named by their content.

    objects/DIGEST/gobgpd …     the programs; several may be links to one file beside them
    objects/DIGEST/SHA256SUMS   theirs; DIGEST is the SHA-256 of this file
    objects/DIGEST/.seen        size and mtime of each when it was last read in full
    held/gobgp-4.8.0.json       which object an artefact is in the locked version, and whence

A program is trusted unread while size and mtime are those of its last verification.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from testbed.artefacts.lockfile import Artefact
from testbed.artefacts.settings import cache_root
from testbed.errors import CheckFailed
from testbed.host.files import write_atomically

SUMS = "SHA256SUMS"
REFETCH = "testbed artefacts fetch --force"


@dataclass(frozen=True)
class Held:
    """Which object an artefact is in, and where it came from."""

    object: str
    source: str


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def add(artefact: Artefact, directory: Path, source: str) -> None:
    """Take the artefact's programs out of `directory`, all or none of them.

    `source` says where they came from. The caller holds the cache's lock.
    """
    objects = cache_root() / "objects"
    objects.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=objects, prefix=".new-") as scratch:
        new = Path(scratch) / "object"
        new.mkdir(mode=0o755)
        for name in artefact.programs:
            _copy_program(directory / name, new)
        sums = "".join(
            f"{digest}  {name}\n" for name, digest in _read_digests(new, artefact.programs)
        )
        (new / SUMS).write_text(sums)
        digest = hashlib.sha256(sums.encode()).hexdigest()
        if (objects / digest).exists():  # the same content, or what a fault left of it
            (objects / digest).replace(Path(scratch) / "old")
        new.replace(objects / digest)
    _note_seen(objects / digest, artefact.programs)
    text = json.dumps(asdict(Held(digest, source)), indent=2)
    record = record_path(artefact)
    record.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(record, text + "\n", durable=True)


def _copy_program(source: Path, new: Path) -> None:
    """Copy a program; one that is a link takes the file beside it along, once."""
    if source.is_symlink():
        file = source.readlink().name
        (new / source.name).symlink_to(file)
        source = source.with_name(file)
    target = new / source.name
    if not target.exists():
        shutil.copyfile(source, target)
        target.chmod(0o755)


def _read_digests(directory: Path, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    # several names of one file: read once
    known: dict[Path, str] = {}
    for name in names:
        file = (directory / name).resolve()
        if file not in known:
            known[file] = sha256(file)
        yield name, known[file]


def held(artefact: Artefact) -> Held | None:
    """What the cache has of this artefact in the locked version; None: nothing."""
    return read_record(record_path(artefact))


def record_path(artefact: Artefact) -> Path:
    """Where the cache notes which object the artefact is in."""
    return cache_root() / "held" / f"{artefact.name}-{artefact.version}.json"


def read_record(path: Path) -> Held | None:
    """What such a note says; None if it is absent or unreadable."""
    try:
        raw = json.loads(path.read_text())
        found = Held(str(raw["object"]), str(raw["source"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if re.fullmatch("[0-9a-f]{64}", found.object) else None


def paths(artefact: Artefact, *, whole: bool = False) -> dict[str, Path] | None:
    """Program name -> executable, checked to be what was put there; None if not held.

    All of them lie in one directory. `whole` reads their content in any case.
    Raises CheckFailed if one is missing or changed.
    """
    found = held(artefact)
    if found is None:
        return None
    directory = cache_root() / "objects" / found.object
    programs = {name: directory / name for name in artefact.programs}
    for path in programs.values():
        if not path.is_file():
            raise CheckFailed("missing from the cache", where=str(path), fix=REFETCH)
    if whole or not _is_unchanged(directory, artefact.programs):
        verify_object(directory, artefact.programs)
        _note_seen(directory, artefact.programs)
    return programs


def verify_object(directory: Path, names: tuple[str, ...]) -> None:
    """Read the programs of an object in full. Raises CheckFailed if one is not what it was."""
    sums = directory / SUMS
    if not sums.is_file() or sha256(sums) != directory.name:
        raise CheckFailed("missing or changed in the cache", where=str(sums), fix=REFETCH)
    lines = (line.partition("  ") for line in sums.read_text().splitlines())
    recorded = {name: digest for digest, _, name in lines}
    for name, found in _read_digests(directory, names):
        if found != recorded.get(name):
            raise CheckFailed(
                "the program in the cache is not what was put there",
                where=str(directory / name),
                why=f"SHA-256 {found}, recorded {recorded.get(name)}",
                fix=REFETCH,
            )


def _describe_state(directory: Path, names: tuple[str, ...]) -> str:
    states = [(name, (directory / name).stat()) for name in names]
    return "".join(f"{s.st_size} {s.st_mtime_ns} {name}\n" for name, s in states)


def _is_unchanged(directory: Path, names: tuple[str, ...]) -> bool:
    seen = directory / ".seen"
    return seen.is_file() and seen.read_text() == _describe_state(directory, names)


def _note_seen(directory: Path, names: tuple[str, ...]) -> None:
    # root using a user's cache leaves nothing of its own there
    if directory.stat().st_uid == os.geteuid() and not _is_unchanged(directory, names):
        write_atomically(directory / ".seen", _describe_state(directory, names))
