"""Archives as the kernel unpacks them into its first root (cpio "newc"): plain text of bytes.

Several archives in a row are one: what a machine alone is given follows the box's own.
See the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_TRAILER = "TRAILER!!!"
_ALIGN = 4


@dataclass(frozen=True)
class Entry:
    """A file, directory or symbolic link, root's. `mode` with its kind, as stat(2) gives it."""

    mode: int
    content: bytes = b""


def file(content: bytes | str, mode: int = 0o644) -> Entry:
    """A regular file."""
    data = content.encode() if isinstance(content, str) else content
    return Entry(stat.S_IFREG | mode, data)


def directory(mode: int = 0o755) -> Entry:
    """A directory."""
    return Entry(stat.S_IFDIR | mode)


def link(target: str) -> Entry:
    """A symbolic link."""
    return Entry(stat.S_IFLNK | 0o777, target.encode())


def archive(entries: Mapping[str, Entry]) -> bytes:
    """The archive of these paths (without leading slash); parents are added where missing."""
    complete = {parent: directory() for path in entries for parent in _parent_directories(path)}
    complete.update(entries)
    numbered = enumerate(sorted(complete.items()), start=1)
    parts = [_encode_record(number, path, entry) for number, (path, entry) in numbered]
    return b"".join([*parts, _encode_record(0, _TRAILER, Entry(0))])


def _parent_directories(path: str) -> Iterable[str]:
    return (str(p) for p in PurePosixPath(path).parents if str(p) != ".")


def _encode_record(number: int, path: str, entry: Entry) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    # inode mode uid gid nlink mtime size devmajor devminor rdevmajor rdevminor namesize check
    fields = (number, entry.mode, 0, 0, links, 0, len(entry.content), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _pad_to_four(header + name) + _pad_to_four(entry.content)


def _pad_to_four(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGN)
