"""Copies a user's image archive into the lab's data, decompressed if necessary."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import shutil
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from testbed.errors import TestbedError

_BLOCK = 1 << 20


def take_in(stream: BufferedReader, target: Path, where: str) -> str:
    """Write the archive to `target`; gives the SHA-256 of what was written.

    Raises TestbedError: cut off, compressed in a way that is not read here, no space.
    """
    digest = hashlib.sha256()
    try:
        with target.open("wb") as out:
            for block in _read_blocks(stream, where):
                digest.update(block)
                out.write(block)
    except OSError as error:
        free = shutil.disk_usage(target.parent).free >> 20
        raise TestbedError(
            "the archive cannot be copied into the lab's data",
            where=str(target.parent),
            why=f"{error.strerror or error}; {free} MiB are free there",
            exit_code=1,
        ) from None
    return digest.hexdigest()


def _read_blocks(stream: BufferedReader, where: str) -> Iterator[bytes]:
    source = _decompress(stream, where)
    while True:
        try:
            block = source.read(_BLOCK)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise TestbedError(
                "the archive is cut off or damaged",
                where=where,
                why=str(error),
                fix="save or copy the image again",
            ) from None
        if not block:
            return
        yield block


def _decompress(stream: BufferedReader, where: str) -> IO[bytes]:
    start = stream.peek(8)
    if start.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    if start.startswith(b"BZh"):
        return bz2.open(stream)
    if start.startswith(b"\xfd7zXZ"):
        return lzma.open(stream)
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        raise TestbedError(
            "the archive is compressed with zstd, which is not read here",
            where=where,
            fix="unpack it first: zstd -d FILE",
        )
    return stream
