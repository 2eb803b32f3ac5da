"""A conformance run as a JUnit file, for CI: a suite per way of traffic engineering."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from testbed.conformance.ginkgo import Spec
from testbed.conformance.outcome import Outcome, Run, describe
from testbed.conformance.selection import group_of
from testbed.host.junit_file import fit, write_suites

if TYPE_CHECKING:
    from junitparser import TestCase, TestSuite


def write_junit(outcome: Outcome, file: Path) -> None:
    """A case per spec; one that failed, skipped itself or did not run is a failure."""
    write_suites((_suite(run) for run in outcome.runs), file)


def _suite(run: Run) -> TestSuite:
    from junitparser import TestSuite

    suite = TestSuite(fit(f"conformance, {run.title}"))
    suite.add_property("packets into SRv6", str(run.packets))
    for spec in run.specs:
        suite.add_testcase(_case(spec))
    return suite


def _case(spec: Spec) -> TestCase:
    from junitparser import Failure, TestCase

    group = group_of(spec.name)
    case = TestCase(fit(spec.name), group.title if group else "", spec.seconds)
    if not spec.passed:
        case.result = [Failure(fit(describe(spec)), spec.state)]
    return case
