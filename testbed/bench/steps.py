"""The steps of a measured command, by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

REST = "the rest: the command's own start, checks of the machine"


@dataclass(frozen=True)
class Steps:
    """Id → title and seconds, in order, of a command that took `total` seconds."""

    done: Mapping[str, tuple[str, float]]
    total: float

    def until(self, id: str) -> float:
        """Seconds until the step of this id was done. Raises ValueError without one."""
        if id not in self.done:
            raise ValueError(f"no step {id!r} among {', '.join(self.done)}")
        upto = list(self.done).index(id) + 1
        return sum(seconds for _, seconds in list(self.done.values())[:upto])

    def by_title(self) -> dict[str, float]:
        """Title → seconds, and what lies outside of all steps."""
        found = dict(self.done.values())
        return {**found, REST: self.total - sum(found.values())}
