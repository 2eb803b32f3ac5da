"""The outcome of a conformance run, and whether all specs passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.conformance.ginkgo import Spec
from testbed.conformance.selection import Group, Selection, group_of


@dataclass(frozen=True)
class Run:
    """All wanted specs under one way of traffic engineering, and what failed around them.

    `packets`: those that the nodes handed to SRv6 meanwhile.
    """

    title: str
    specs: tuple[Spec, ...]
    seconds: float
    packets: int
    problems: tuple[str, ...] = ()

    def of(self, group: Group) -> list[Spec]:
        """The specs of one group."""
        return [spec for spec in self.specs if group_of(spec.name) == group]

    def not_passed(self) -> list[Spec]:
        """The specs that failed, skipped themselves, or did not run."""
        return [spec for spec in self.specs if not spec.passed]


@dataclass(frozen=True)
class Outcome:
    """The content of the page. `versions`: program → version."""

    date: str
    machine: str
    versions: dict[str, str]
    selection: Selection
    runs: tuple[Run, ...]

    def complaints(self) -> list[str]:
        """One line for each spec that did not pass, and for what failed around them."""
        return [line for run in self.runs for line in _list_complaints(run)]

    @property
    def passed(self) -> bool:
        """Did as many specs pass, in every run, as e2e.test has?"""
        wanted = len(self.selection.wanted)
        counts = [sum(spec.passed for spec in run.specs) for run in self.runs]
        return bool(counts) and wanted > 0 and all(count == wanted for count in counts)


def _list_complaints(run: Run) -> Sequence[str]:
    said = [f"{run.title}: {spec.name}: {describe(spec)}" for spec in run.not_passed()]
    # specs that passed are not spoiled by what failed after them
    return said + ([f"{run.title}: {problem}" for problem in run.problems] if said else [])


def describe(spec: Spec) -> str:
    """State and reason."""
    return f"{spec.state}: {spec.reason}" if spec.reason else spec.state
