"""Errors of a plan or topology, collected so that all of them are reported at once."""

from __future__ import annotations

from testbed.errors import TestbedError, shown
from testbed.plan.model import Frozen

MOST_NAMED = 4  # subjects that one problem names


class Problem(Frozen):
    """One error in what the user wrote."""

    what: str
    subject: str  # the node, link or pool it is about
    fix: str
    where: str | None = None  # file:line

    def __str__(self) -> str:
        place = f"{shown(self.where)}: " if self.where else ""
        return f"{place}{shown(self.subject)}: {self.what}\n  fix: {self.fix}"


def merged(problems: list[Problem]) -> list[Problem]:
    """Problems of one cause as one: the same words about several nodes or links at one line."""
    subjects: dict[tuple[str, str, str], list[str]] = {}
    for problem in problems:
        found = subjects.setdefault((problem.where or "", problem.what, problem.fix), [])
        if problem.subject not in found:
            found.append(problem.subject)
    return [
        Problem(what=what, subject=_name_some(found), fix=fix, where=where or None)
        for (where, what, fix), found in subjects.items()
    ]


def _name_some(subjects: list[str]) -> str:
    more = f" and {len(subjects) - MOST_NAMED} more" if len(subjects) > MOST_NAMED else ""
    return ", ".join(subjects[:MOST_NAMED]) + more


class InvalidPlan(TestbedError):
    """Carries every problem found."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        count = f"{len(problems)} error" + ("s" if len(problems) != 1 else "")
        super().__init__(f"{source}: {count}\n" + "\n".join(str(p) for p in problems))
        self.problems = problems
