"""Results as a JUnit file, for CI: a suite per scenario, a test case per check."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.host.for_caller import open_for_caller
from testbed.records.source_commit import source_commit
from testbed.scenario.run.result import CheckResult, ScenarioResult

if TYPE_CHECKING:
    from junitparser import TestCase, TestSuite

NO_CLAIM = "no-claim"
# XML 1.0 has no place for these, not even escaped.
_UNFIT = dict.fromkeys((*range(32), 65534, 65535, *range(55296, 57344)), "�")
_UNFIT = {n: mark for n, mark in _UNFIT.items() if n not in (9, 10, 13)}


def write_junit(results: Iterable[ScenarioResult], file: Path) -> None:
    """One suite per scenario run, with a case per check and one for the scenario as a whole.

    A failure carries its type, its cause and where the evidence is. What is not applicable is
    skipped, with the reason. The class of a case is the claim that it proves.
    """
    from junitparser import JUnitXml

    xml = JUnitXml()
    for result in results:
        # not add_testsuite(), which merges suites that look alike and leaves their counts
        xml.append(_suite(result))  # type: ignore[no-untyped-call]
    with os.fdopen(open_for_caller(file), "wb") as stream:
        xml.write(stream)


def _suite(result: ScenarioResult) -> TestSuite:
    from junitparser import TestSuite

    suite = TestSuite(_fit(result.scenario))
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
            suite.add_property(name, _fit(value))
    claim = ".".join(result.claims) or NO_CLAIM
    for number, check in enumerate(result.checks, 1):
        suite.add_testcase(_case_of_check(check, claim, number))
    suite.add_testcase(_case_of_scenario(result, claim))
    return suite


def _case_of_check(check: CheckResult, claim: str, number: int) -> TestCase:
    """Its time is part of the scenario's. The number tells checks of one sentence apart."""
    from junitparser import Failure, TestCase

    case = TestCase(_fit(f"{number}. {check.sentence}"), claim, 0.0)
    if not check.passed:
        why = f"expected {check.expected}; seen {check.seen}"
        failure = Failure(_fit(why), "CheckFailed")
        failure.text = _fit(f"{check.sentence}\nexpected: {check.expected}\nseen: {check.seen}")
        case.result = [failure]
    return case


def _case_of_scenario(result: ScenarioResult, claim: str) -> TestCase:
    """The scenario as a whole: what failed beside its checks, or that it is not applicable.

    A check that failed is a case of its own; counted twice, one fault would look like two.
    """
    from junitparser import Error, Failure, Skipped, TestCase

    case = TestCase(_fit(result.scenario), claim, result.seconds)
    said = _fit(f"{result.failure}\nevidence: {result.evidence}")
    first = _fit((result.failure or "").partition("\n")[0])
    if result.verdict == "not applicable":
        case.result = [Skipped(_fit(result.reason or ""), "NotApplicable")]
    elif result.verdict == "error":
        case.result = [Error(first, "ScenarioError")]
    elif result.verdict == "fail" and all(check.passed for check in result.checks):
        case.result = [Failure(first, "CheckFailed")]
    for entry in case.result:
        if not isinstance(entry, Skipped):
            entry.text = said
    return case


def _fit(text: str) -> str:
    return text.translate(_UNFIT)
