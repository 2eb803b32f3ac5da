"""Models a file system as absolute path → entry, owned by root and dated at the epoch."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from testbed.host import tar as tar_files


@dataclass(frozen=True)
class File:
    """A regular file with this content, or with that of a file of the host."""

    content: bytes | Path
    mode: int = 0o644


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Directory:
    """A directory; parents that a tree does not name have mode 0755."""

    mode: int = 0o755


Entry = File | Link | Directory
Tree = Mapping[str, Entry]


def complete(tree: Tree) -> dict[str, Entry]:
    """The tree with all parent directories, parents first."""
    whole: dict[str, Entry] = {}
    for path, entry in tree.items():
        for parent in PurePosixPath(path).parents:
            whole.setdefault(str(parent), Directory())
        whole[path] = entry
    whole.pop("/", None)
    return dict(sorted(whole.items()))


def write_tar(tree: Tree, stream: BinaryIO) -> None:
    """Write the tree as an uncompressed tar: equal trees give equal bytes. Raises OSError."""
    with tar_files.writer(stream) as tar:
        for path, entry in complete(tree).items():
            _add_entry(tar, path.lstrip("/"), entry)


def _add_entry(tar: tarfile.TarFile, name: str, entry: Entry) -> None:
    if isinstance(entry, File):
        with _open_content(entry) as content:
            tar_files.add_file(tar, name, content, entry.mode)
    elif isinstance(entry, Link):
        tar_files.add_link(tar, name, entry.target)
    else:
        tar_files.add_directory(tar, name, entry.mode)


def _open_content(entry: File) -> BinaryIO:
    return (
        entry.content.open("rb") if isinstance(entry.content, Path) else io.BytesIO(entry.content)
    )
