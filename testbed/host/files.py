"""Files that others read: complete or absent, never half written; and files of lines, added to."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(target: Path, prefix: str = ".", durable: bool = False) -> Iterator[Path]:
    """The path of a draft beside `target`, which takes its place when the block ends well.

    Each writer has a draft of its own; what a killed one left begins with `prefix`. `durable`:
    the new content outlives a power cut. Raises OSError.
    """
    draft = target.with_name(f"{prefix}{target.name}.{os.getpid()}.{threading.get_ident()}")
    draft.unlink(missing_ok=True)
    try:
        yield draft
        if durable:
            _sync_directory(draft)
        draft.replace(target)
        if durable:
            _sync_directory(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def write_atomically(
    path: Path, content: str | bytes, mode: int = 0o644, durable: bool = False
) -> None:
    """Write a draft, then rename it. Watchers see one event with the whole content."""
    data = content.encode() if isinstance(content, str) else content
    try:
        with replacing(path, durable=durable) as draft:
            fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(fd, "wb") as stream:
                stream.write(data)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk's error names no file
        raise


def write_json(path: Path, value: object, mode: int = 0o644) -> None:
    """`value` as JSON, atomically."""
    write_atomically(path, json.dumps(value, indent=1) + "\n", mode)


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file; it is on the disk when this returns. Raises OSError.

    What a killed writer left half is not continued: the line begins on a line of its own.
    """
    with path.open("ab+") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 1))
        is_at_start = stream.read(1) in (b"", b"\n")
        stream.write(line + b"\n" if is_at_start else b"\n" + line + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def make_owned_directory(path: Path, mode: int = 0o755) -> None:
    """Make the directory and its missing parents; each new one belongs to its parent's owner.

    So what root makes in a user's home, called by sudo, is the user's. Raises OSError.
    """
    for new in reversed([p for p in (path, *path.parents) if not p.exists()]):
        new.mkdir(mode=mode if new == path else 0o777, exist_ok=True)
        if os.geteuid() == 0:
            owner = new.parent.stat()
            os.chown(new, owner.st_uid, owner.st_gid)
    path.mkdir(exist_ok=True)  # says so where a file has the name


def _sync_directory(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
