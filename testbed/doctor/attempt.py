"""Lets doctor answer whatever may not be looked at: one check says so, and the others go on."""

from __future__ import annotations

import os
from collections.abc import Callable

from testbed.doctor.verdict import Verdict


def attempt(what: str, check: Callable[[], list[Verdict]]) -> list[Verdict]:
    """What the check says, or that this user or anybody cannot look there."""
    try:
        return check()
    except OSError as error:
        seen = ": ".join(filter(None, (error.filename and str(error.filename), error.strerror)))
        if isinstance(error, PermissionError) and os.geteuid() != 0:
            return [Verdict(what, "note", seen, "run `sudo testbed doctor` to look there")]
        return [Verdict(what, "warn", seen, "mend it, or choose another place for it")]
