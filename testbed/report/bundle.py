"""Packs what was gathered for a bug report into one archive, without secrets."""

from __future__ import annotations

import re
from pathlib import Path

from testbed.errors import TestbedError
from testbed.host.run import run

SUFFIXES = (".tar.zst", ".tar.xz", ".tar.gz")
PACKING = 600.0  # seconds
SECRET = re.compile(rb"PRIVATE KEY-----|client-key-data:|\"?kind\"?: ?\"?Secret\b|\btoken: ?\S")


def check_suffix(archive: Path) -> None:
    """Raises TestbedError for a name whose compression nobody knows."""
    if not archive.name.endswith(SUFFIXES):
        raise TestbedError(
            f"{archive}: unknown kind of archive", fix=f"end its name in {', '.join(SUFFIXES)}"
        )


def leave_out_secrets(directory: Path) -> list[str]:
    """Remove the files that hold keys or tokens; gives their names below `directory`."""
    found = [f for f in sorted(directory.rglob("*")) if f.is_file() and _holds_secret(f)]
    for file in found:
        file.unlink()
    return [str(file.relative_to(directory)) for file in found]


def pack(directory: Path, archive: Path) -> None:
    """Write the archive, compressed as its name says. Raises TestbedError."""
    command = ["tar", "--create", "--auto-compress", "--owner=0", "--group=0", "--file"]
    command += [str(archive), f"--directory={directory.parent}", directory.name]
    done = run(command, timeout=PACKING, check=False)
    if done.returncode:
        archive.unlink(missing_ok=True)
        raise TestbedError(
            f"{archive} cannot be written",
            why=done.stderr.strip().splitlines()[0],
            fix="choose another place, or .tar.gz if the compressor is missing",
            exit_code=1,
        )


def _holds_secret(file: Path) -> bool:
    return SECRET.search(file.read_bytes()) is not None
