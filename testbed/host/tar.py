"""Tar archives of which nothing depends on when, where or by whom they were made.

Every owner is root, every time the epoch: equal contents give equal bytes.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import IO


def writer(stream: IO[bytes] | io.BufferedIOBase) -> tarfile.TarFile:
    """An uncompressed archive, written to `stream`; a context manager."""
    return tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT)


def add_file(
    tar: tarfile.TarFile, name: str, content: bytes | IO[bytes], mode: int = 0o644
) -> None:
    """A regular file; a stream is read from its beginning."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    info = tarfile.TarInfo(name)
    info.size, info.mode = stream.seek(0, io.SEEK_END), mode
    stream.seek(0)
    tar.addfile(info, stream)


def add_link(tar: tarfile.TarFile, name: str, target: str) -> None:
    """A symbolic link."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
    tar.addfile(info)


def add_directory(tar: tarfile.TarFile, name: str, mode: int = 0o755) -> None:
    """A directory, without what is in it."""
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, mode
    tar.addfile(info)


def add_path(tar: tarfile.TarFile, name: str, path: Path) -> None:
    """A file or link of this machine, with its mode."""
    if path.is_symlink():
        add_link(tar, name, str(path.readlink()))
        return
    with path.open("rb") as stream:
        add_file(tar, name, stream, path.stat().st_mode & 0o7777)
