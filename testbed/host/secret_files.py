"""Files that hold keys: 0600, in directories 0700 of our own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.files import write_atomically


def prepare_secret_directory(directory: Path) -> None:
    """Make `directory` for keys: ours, 0700, no symbolic link. Raises TestbedError."""
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.fstat(fd).st_uid != os.geteuid():
                raise TestbedError(
                    "the directory of the lab's keys belongs to somebody else",
                    where=str(directory),
                    fix="look at what it holds, then remove it",
                )
            os.fchmod(fd, 0o700)
        finally:
            os.close(fd)
    except OSError as error:
        raise unusable(directory, error) from None


def write_secret_files(directory: Path, files: Mapping[str, str]) -> None:
    """Write them below `directory`, each complete or absent: files 0600, directories 0700.

    Raises TestbedError if the directory cannot be used, OSError (with the file's name) on a
    full disk.
    """
    prepare_secret_directory(directory)
    for name, text in files.items():
        path = directory / name
        if path.parent != directory:
            prepare_secret_directory(path.parent)
        write_atomically(path, text, 0o600)


def unusable(path: Path, error: OSError) -> TestbedError:
    """The error for a place of keys that cannot be used."""
    return TestbedError(
        "cannot be used for the lab's keys",
        where=str(path),
        why=error.strerror or str(error),
        fix="make room, or remove what stands in the way",
        exit_code=4,
    )
