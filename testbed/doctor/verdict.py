"""The result of one check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warn", "fail"]


@dataclass(frozen=True)
class Verdict:
    """`fail` means that no lab can run here, `warn` that something of it cannot."""

    check: str
    level: Level
    seen: str
    fix: str = ""
