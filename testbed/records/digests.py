"""The files of a run's directory, with their digests; each is read again only once it changed."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from testbed.records.crate import METADATA, Crate, CrateFile
from testbed.report.bundle import SECRET

_BLOCK = 1 << 20
_LONGEST_SECRET = 64  # bytes in which a secret is recognised across the border of two blocks


@dataclass(frozen=True)
class _Read:
    stamp: tuple[int, int]  # length and time of the last change
    file: CrateFile
    is_secret: bool


@dataclass
class Digests:
    """What is known of a directory's files; `scan` brings it up to date."""

    directory: Path
    _known: dict[str, _Read] = field(default_factory=dict)

    def scan(self) -> tuple[list[CrateFile], list[str]]:
        """The files that a crate may hold, and the names of those with a secret. Raises OSError."""
        found = []
        for path in _plain_files(self.directory):
            name = path.relative_to(self.directory).as_posix()
            now = path.stat()
            stamp = (now.st_size, now.st_mtime_ns)
            if name not in self._known or self._known[name].stamp != stamp:
                self._known[name] = _read(path, name, stamp)
            found.append(self._known[name])
        return [r.file for r in found if not r.is_secret], [
            r.file.path for r in found if r.is_secret
        ]


GROWS = ".jsonl"  # files to which only lines are added


def differing(directory: Path, crate: Crate) -> list[str]:
    """What of a crate's files is not as recorded, a sentence each.

    Until the end of a run is recorded, there may be more lines than are recorded: it was killed
    between the two, or goes on.
    """
    ended = crate.record.state != "running"
    return [why for file in crate.files if (why := _difference(directory, file, ended))]


def _difference(directory: Path, file: CrateFile, ended: bool) -> str:
    path = directory / file.path
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return f"{file.path} is no file"
        limit = None if ended or path.suffix != GROWS else file.size
        seen = _read(path, file.path, (0, 0), limit).file
    except FileNotFoundError:
        return f"{file.path} is missing"
    except OSError as error:
        return f"{file.path} cannot be read: {error.strerror}"
    if seen == file:
        return ""
    return f"{file.path} has SHA-256 {seen.sha256[:12]}…, recorded was {file.sha256[:12]}…"


def _plain_files(directory: Path) -> Iterator[Path]:
    """Regular files only: no links, sockets, pipes, and no drafts of files being written."""
    for path in sorted(directory.rglob("*")):
        if path.name.startswith(".") or path == directory / METADATA:
            continue
        if stat.S_ISREG(path.lstat().st_mode):
            yield path


def _read(path: Path, name: str, stamp: tuple[int, int], limit: int | None = None) -> _Read:
    """`limit`: bytes after which it is not read on."""
    digest, size, is_secret, tail = hashlib.sha256(), 0, False, b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK if limit is None else min(_BLOCK, limit - size)):
            digest.update(block)
            size += len(block)
            is_secret = is_secret or SECRET.search(tail + block) is not None
            tail = block[-_LONGEST_SECRET:]
    return _Read(stamp, CrateFile(name, size, digest.hexdigest()), is_secret)
