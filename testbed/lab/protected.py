"""Policies of people that ask for detours: a file that wakes the TE engine when they change.

It has their names. Where there never were any it is not there, and nothing is read for them.
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
    asking = {name for path in _asking(directory) if (name := _name(path))}
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_json(file, sorted(asking), mode=0o600)


def names(directory: Path) -> list[str]:
    """Those of such policies."""
    try:
        found: list[str] = json.loads((directory / "te" / NAME).read_text())
    except (OSError, ValueError):
        return []
    return found


def files(directory: Path) -> list[Path]:
    """Those of such policies; read only where there are any."""
    return _asking(directory) if names(directory) else []


def _asking(directory: Path) -> list[Path]:
    return [file for file in sorted(directory.glob("*.json")) if _ASKS in _content(file)]


def _name(file: Path) -> str:
    """Empty if it cannot be read."""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(_content(file))["about"]["name"])
    return ""


def _content(file: Path) -> bytes:
    with suppress(OSError):  # another process withdraws it meanwhile
        return file.read_bytes()
    return b""
