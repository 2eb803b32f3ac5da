"""Errors of a plan or topology, collected so that all of them are reported at once."""

from __future__ import annotations

from testbed.errors import TestbedError
from testbed.plan.model import Frozen


class Problem(Frozen):
    """One error in what the user wrote."""

    what: str
    subject: str  # the node, link or pool it is about
    fix: str
    where: str | None = None  # file:line

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.subject}: {self.what}\n  fix: {self.fix}"


class InvalidPlan(TestbedError):
    """Carries every problem found."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        count = f"{len(problems)} error" + ("s" if len(problems) != 1 else "")
        super().__init__(f"{source}: {count}\n" + "\n".join(str(p) for p in problems))
        self.problems = problems
