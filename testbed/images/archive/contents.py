"""Hashes every file in a tar and reads small ones as text, without unpacking anything."""

from __future__ import annotations

import hashlib
import posixpath
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_SMALL = 4 << 20  # bytes; what is parsed as JSON is less
_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Member:
    """A file in an archive: SHA-256 of it, and of what it unpacks to if it is gzipped.

    `size` in bytes; `text` is its content unless it is large.
    """

    digest: str
    unpacked: str
    size: int
    text: bytes | None


def read_contents(file: Path) -> dict[str, Member]:
    """Read an uncompressed tar to its end, or to where it breaks. Raises OSError.

    A file that is not a tar has no contents: any look-up in it fails.
    """
    contents: dict[str, Member] = {}
    links: list[tuple[str, str]] = []
    try:
        with tarfile.open(file, "r:") as tar:
            for member in tar:
                path = posixpath.normpath(member.name)
                if member.issym():
                    target = posixpath.join(posixpath.dirname(path), member.linkname)
                    links.append((path, posixpath.normpath(target)))
                elif member.islnk():
                    links.append((path, posixpath.normpath(member.linkname)))
                elif stream := tar.extractfile(member):
                    contents[path] = _read_member(stream)
    except (tarfile.TarError, EOFError, ValueError):
        pass  # cut off or damaged: what is missing is found out by who needs it
    contents.update((path, contents[target]) for path, target in links if target in contents)
    return contents


def _read_member(stream: IO[bytes]) -> Member:
    digest, inner, size = hashlib.sha256(), _Unpacked(), 0
    kept: list[bytes] = []
    while block := stream.read(_BLOCK):
        digest.update(block)
        inner.update(block)
        size += len(block)
        if size <= _SMALL:
            kept.append(block)
    whole = digest.hexdigest()
    text = b"".join(kept) if size <= _SMALL else None
    return Member(whole, inner.hexdigest() or whole, size, text)


class _Unpacked:
    """Hash of what a gzipped stream unpacks to; empty for another stream."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._gzip: zlib._Decompress | None = None
        self._started = self._broken = False

    def update(self, block: bytes) -> None:
        if not self._started:
            self._started = True
            self._gzip = zlib.decompressobj(31) if block.startswith(_GZIP) else None
        if self._gzip is None or self._broken:
            return
        try:
            while block:
                self._digest.update(self._gzip.decompress(block, _BLOCK))
                block = self._gzip.unconsumed_tail
        except zlib.error:
            self._broken = True

    def hexdigest(self) -> str:
        if self._gzip is None:
            return ""
        return "damaged" if self._broken or not self._gzip.eof else self._digest.hexdigest()
