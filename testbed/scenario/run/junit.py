"""Results as a JUnit file, for CI: a suite per scenario, a test case per check."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.host.junit_file import fit, write_suites
from testbed.records.source_commit import source_commit
from testbed.scenario.run.result import CheckResult, ScenarioResult

if TYPE_CHECKING:
    from junitparser import TestCase, TestSuite

NO_CLAIM = "no-claim"


def write_junit(results: Iterable[ScenarioResult], file: Path) -> None:
    """One suite per scenario run, with a case per check and one for the scenario as a whole.

    A failure carries its type, its cause and where the evidence is. What is not applicable is
    skipped, with the reason. The class of a case is the claim that it proves.
    """
    write_suites((_suite(result) for result in results), file)


def _suite(result: ScenarioResult) -> TestSuite:
    from junitparser import TestSuite

    suite = TestSuite(fit(result.scenario))
    about = {
        "commit": source_commit(),
        "kernel": platform.release(),
        "lab": result.topology,
        "cluster": result.cluster,
        "profile": result.profile,
        "evidence": result.evidence,
    }
    for name, value in about.items():
        if value:
            suite.add_property(name, fit(value))
    claim = ".".join(result.claims) or NO_CLAIM
    for number, check in enumerate(result.checks, 1):
        suite.add_testcase(_case_of_check(check, claim, number))
    suite.add_testcase(_case_of_scenario(result, claim))
    return suite


def _case_of_check(check: CheckResult, claim: str, number: int) -> TestCase:
    """Its time is part of the scenario's. The number tells checks of one sentence apart."""
    from junitparser import Failure, TestCase

    case = TestCase(fit(f"{number}. {check.sentence}"), claim, 0.0)
    if not check.passed:
        why = f"expected {check.expected}; seen {check.seen}"
        failure = Failure(fit(why), "CheckFailed")
        failure.text = fit(f"{check.sentence}\nexpected: {check.expected}\nseen: {check.seen}")
        case.result = [failure]
    return case


def _case_of_scenario(result: ScenarioResult, claim: str) -> TestCase:
    """The scenario as a whole: what failed beside its checks, or that it is not applicable.

    A check that failed is a case of its own; counted twice, one fault would look like two.
    """
    from junitparser import Error, Failure, Skipped, TestCase

    case = TestCase(fit(result.scenario), claim, result.seconds)
    said = fit(f"{result.failure}\nevidence: {result.evidence}")
    first = fit((result.failure or "").partition("\n")[0])
    if result.verdict == "not applicable":
        case.result = [Skipped(fit(result.reason or ""), "NotApplicable")]
    elif result.verdict == "error":
        case.result = [Error(first, "ScenarioError")]
    elif result.verdict == "fail" and all(check.passed for check in result.checks):
        case.result = [Failure(first, "CheckFailed")]
    for entry in case.result:
        if not isinstance(entry, Skipped):
            entry.text = said
    return case
