"""The message from status_watcher_main to status_mirror_main: one file that changed.

One JSON object on a line (testbed.host.json_lines). Standard library only.
"""

from __future__ import annotations

from typing import TypedDict

from testbed.errors import TestbedError
from testbed.host.json_lines import decode_line

LOG_BYTES = 5 * 1024 * 1024  # a log that is longer is rotated, in the guest and in the lab


class _Path(TypedDict):
    path: str  # below the node's directory


class StatusChange(_Path, total=False):
    """A file that is new or another (`text`), a log that grew (`add`), or a file that is gone."""

    text: str
    add: str


def decode_change(line: str | bytes) -> StatusChange:
    """The change on a line. Raises TestbedError for anything else."""
    data = decode_line(line)
    path = data.get("path")
    texts = [data[key] for key in ("text", "add") if key in data]
    if not isinstance(path, str) or "\0" in path or not all(isinstance(t, str) for t in texts):
        raise TestbedError(f"a malformed change of a file: {line[:80]!r}", exit_code=1)
    change = StatusChange(path=path)
    if "text" in data:
        change["text"] = str(data["text"])
    if "add" in data:
        change["add"] = str(data["add"])
    return change
