"""A night as one JUnit file: a case per step, and the suites of the steps that write their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.host.junit_file import fit, write_suites
from testbed.nightly.run import Outcome
from testbed.nightly.steps import CONFORMANCE, LONG, SCENARIOS, Night

if TYPE_CHECKING:
    from junitparser import TestSuite

_LAST_WORDS = 2000  # characters of a log


def write_junit(outcomes: Iterable[Outcome], night: Night, file: Path) -> None:
    """Raises OSError."""
    write_suites([_suite(outcomes), *_own_suites(night)], file)


def _suite(outcomes: Iterable[Outcome]) -> TestSuite:
    from junitparser import Failure, Skipped, TestCase, TestSuite

    suite = TestSuite("night")
    for outcome in outcomes:
        case = TestCase(outcome.step.name, "night", outcome.seconds)
        if outcome.code is None:
            case.result = [Skipped(f"{outcome.step.after} failed")]
        elif outcome.code != 0:
            failure = Failure(f"exit code {outcome.code}", "CommandFailed")
            failure.text = fit(_last_words(outcome.log))
            case.result = [failure]
        suite.add_testcase(case)
    return suite


def _last_words(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-_LAST_WORDS:]
    except OSError as error:
        return f"{log}: {error.strerror}"


def _own_suites(night: Night) -> Iterator[TestSuite]:
    """Of the steps that came as far as to write them."""
    from junitparser import JUnitXml

    for what in (SCENARIOS, LONG, CONFORMANCE):
        file = night.junit(what)
        if file.is_file():
            yield from JUnitXml.fromfile(str(file))
