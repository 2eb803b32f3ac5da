"""Policies of people that ask for detours: a file that wakes the TE engine when they change.

It has their names, and is there while there are any; so labs without them cost nothing.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from testbed.host.files import write_json

NAME = "protected.json"
_ASKS = b'"protect": true'  # in the file of such a policy


def note(directory: Path, asked: bool = False) -> None:
    """Policies have changed; `asked`: one that asks for detours is among them."""
    file = directory / "te" / NAME
    if not asked and not file.exists():
        return
    names = {json.loads(path.read_text())["about"]["name"] for path in _asking(directory)}
    if names:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        write_json(file, sorted(names), mode=0o600)
    else:
        file.unlink(missing_ok=True)


def files(directory: Path) -> list[Path]:
    """Those of such policies; read only where there are any."""
    return _asking(directory) if (directory / "te" / NAME).exists() else []


def _asking(directory: Path) -> list[Path]:
    return [file for file in sorted(directory.glob("*.json")) if _ASKS in _content(file)]


def _content(file: Path) -> bytes:
    with suppress(OSError):  # another process withdraws it meanwhile
        return file.read_bytes()
    return b""
