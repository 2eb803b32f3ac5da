"""Records the archives loaded into a lab, and keeps them for nodes that join later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from testbed.host.files import write_json

_RECORD = "loaded.json"

Names = Mapping[str, str]  # what containerd calls an image → its full name


def records(kept: Path) -> dict[str, Names]:
    """Archive in this directory → the names of its images, in the order of loading."""
    try:
        raw = json.loads((kept / _RECORD).read_text())
        return {str(archive): dict(names) for archive, names in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def note(kept: Path, archive: str, names: Names) -> None:
    """Remember what an archive brought; one whose images others have replaced is removed."""
    known = records(kept)
    known.pop(archive, None)
    new = set(names.values())
    for older, brought in known.items():
        known[older] = {called: full for called, full in brought.items() if full not in new}
    known = {older: left for older, left in known.items() if left}
    known[archive] = names
    write_json(kept / _RECORD, {older: dict(left) for older, left in known.items()})
    for path in kept.glob("*.tar"):
        if path.name not in known:
            path.unlink(missing_ok=True)
