"""Remembers the SIDs that a node had before, over restarts: they go on decapsulating."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from ipaddress import IPv6Address
from pathlib import Path

from testbed.agent.desired.inputs import OwnSid, remember
from testbed.agent.files import write_file
from testbed.errors import TestbedError

log = logging.getLogger(__name__)


class SidHistory:
    """The node's replaced SIDs and its current ones, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.replaced, self._current = load_sids(path)

    def is_current(self, own: tuple[OwnSid, ...]) -> bool:
        """Are these the SIDs that the history knows as the current ones?"""
        return own == self._current

    def update(self, own: tuple[OwnSid, ...]) -> list[str]:
        """These are the current SIDs from now on; returns the problem if the disk refuses them."""
        self.replaced = remember(self.replaced, self._current, own)
        self._current = own
        try:
            save_sids(self._path, self.replaced, self._current)
        except TestbedError as error:
            return [str(error)]
        return []


def load_sids(path: Path) -> tuple[list[OwnSid], tuple[OwnSid, ...]]:
    """(replaced, current) as an earlier agent left them; nothing if there was none."""
    try:
        data = json.loads(path.read_text())
        replaced, current = (
            [OwnSid(IPv6Address(sid), int(family)) for sid, family in data[key]]
            for key in ("replaced", "current")
        )
    except FileNotFoundError:
        return [], ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.error("%s is not readable, replaced SIDs are forgotten: %s", path, error)
        return [], ()
    return replaced, tuple(current)


def save_sids(path: Path, replaced: Sequence[OwnSid], current: Sequence[OwnSid]) -> None:
    """Replace the file; raises TestbedError."""
    groups = {"replaced": replaced, "current": current}
    data = {key: [(str(s.sid), s.family) for s in group] for key, group in groups.items()}
    write_file(path, json.dumps(data) + "\n")
