"""Results as a JUnit file, for CI."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from testbed.scenario.run.result import ScenarioResult


def write_junit(results: Iterable[ScenarioResult], file: Path) -> None:
    """One test case per scenario run; a failure carries its cause and where the evidence is.

    What is not applicable is skipped, with the reason.
    """
    from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

    suite = TestSuite("testbed")
    for result in results:
        case = TestCase(result.scenario, "scenarios", result.seconds)
        text = f"{result.failure}\nevidence: {result.evidence}"
        if result.verdict == "fail":
            case.result = [Failure(text)]
        elif result.verdict == "error":
            case.result = [Error(text)]
        elif result.verdict == "not applicable":
            case.result = [Skipped(result.reason)]
        suite.add_testcase(case)
    xml = JUnitXml()
    xml.add_testsuite(suite)
    xml.write(str(file))
