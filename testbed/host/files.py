"""Files that others watch: complete or absent, never half written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Write beside `path`, then rename over it. Watchers see one event with the whole text."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(fd, "w") as stream:
            stream.write(text)
        draft.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk's error names no file
        raise
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:
    """`value` as JSON, atomically."""
    write_atomically(path, json.dumps(value, indent=1) + "\n", mode)
