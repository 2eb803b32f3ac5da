"""ip(8) in a router: the rules by which tables of local repair are looked at, and many routes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.engine.repair.routes import (
    DETOUR_PREFERENCE,
    DETOURS,
    PREFERENCE,
    PROTOCOL,
    TABLE,
)
from testbed.host.run import run

log = logging.getLogger(__name__)
FAMILIES = ("-6", "-4")


@dataclass(frozen=True)
class Rule:
    """A rule of both families that leads every packet to a table."""

    preference: int
    table: int

    def is_in(self, router: str) -> bool:
        """True if both families have it."""
        shown = (
            run(["ip", "-n", router, family, "rule", "show", "pref", str(self.preference)]).stdout
            for family in FAMILIES
        )
        return all(f"lookup {self.table}" in text for text in shown)

    def change(self, router: str, verb: str) -> None:
        """Add or delete it; one that is there already, or not any more, is fine."""
        words = f"pref {self.preference} lookup {self.table} protocol {PROTOCOL}".split()
        for family in FAMILIES:
            run(["ip", "-n", router, family, "rule", verb, *words], check=False)


TO_BACKUPS, TO_DETOURS = Rule(PREFERENCE, TABLE), Rule(DETOUR_PREFERENCE, DETOURS)


def batch(router: str, lines: Sequence[str]) -> None:
    """A line that fails does not keep the others from being done: its link may be down."""
    if lines:
        command = ["ip", "-n", router, "-force", "-batch", "-"]
        done = run(command, stdin="\n".join(lines) + "\n", check=False)
        if done.returncode:
            log.info("%s: %s", router, done.stderr.strip())
