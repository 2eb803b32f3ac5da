"""Reading ginkgo's report: states, reasons, and what only looks like a success."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from testbed.conformance.ginkgo import Report, Spec, judge, list_command, read_report, run_command
from testbed.errors import CheckFailed

SOURCE = "/go/pkg/mod/k8s.io/kubernetes@v1.37.2/test/e2e/network/service.go"


def entry(
    state: str, message: str = "", kind: str = "It", name: str = "works"
) -> dict[str, object]:
    """A node of a report, as ginkgo writes it."""
    found: dict[str, object] = {
        "ContainerHierarchyTexts": ["[sig-network] Services"] if kind == "It" else None,
        "LeafNodeType": kind,
        "LeafNodeText": name if kind == "It" else "",
        "State": state,
        "RunTime": 2_500_000_000,
    }
    if message:
        where = {"FileName": SOURCE, "LineNumber": 12}
        found["Failure"] = {"Message": message, "Location": where}
    return found


def report(*entries: dict[str, object]) -> Report:
    """Read a report of these nodes."""
    return read_report(json.dumps([{"SuiteDescription": "e2e", "SpecReports": list(entries)}]))


def test_a_spec_that_passed() -> None:
    assert report(entry("passed")).specs == (Spec("[sig-network] Services works", "passed", 2.5),)


def test_a_failure_has_its_reason_in_one_line_and_its_place() -> None:
    [spec] = report(entry("failed", "timed out\n  waiting   for a pod")).specs
    assert (spec.state, spec.passed) == ("failed", False)
    assert spec.reason == (
        "timed out waiting for a pod (kubernetes@v1.37.2/test/e2e/network/service.go:12)"
    )


@pytest.mark.parametrize("state", ["panicked", "timedout", "interrupted", "aborted"])
def test_every_other_end_is_a_failure_that_says_so(state: str) -> None:
    [spec] = report(entry(state, "because")).specs
    assert spec.state == "failed"
    assert spec.reason.startswith(f"{state}: because")


def test_what_skipped_itself_is_kept_and_what_was_not_selected_is_not() -> None:
    [spec] = report(entry("skipped"), entry("skipped", "Requires at least 2 nodes")).specs
    assert spec.state == "skipped"
    assert spec.reason.startswith("Requires at least 2 nodes")


def test_what_fails_around_the_specs_is_told() -> None:
    found = report(
        entry("passed", kind="SynchronizedAfterSuite"),
        entry("failed", "no nodes", kind="SynchronizedBeforeSuite"),
    )
    assert found.specs == ()
    [problem] = found.problems
    assert problem.startswith("SynchronizedBeforeSuite failed: no nodes")


def test_a_wanted_spec_that_the_report_lacks_did_not_run() -> None:
    name = "[sig-network] Services works"
    assert judge([name, "other"], report(entry("passed"))) == (
        Spec(name, "passed", 2.5),
        Spec("other", "not run"),
    )


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"SpecReports": [{}]}]', '[{"Specs": []}]'])
def test_what_is_no_report_is_said(text: str) -> None:
    with pytest.raises(CheckFailed, match="no report of ginkgo"):
        read_report(text)


def test_the_same_specs_are_listed_and_run() -> None:
    listed = list_command(Path("/e2e.test"), Path("/out/specs.json"))
    run = run_command(Path("/ginkgo"), Path("/e2e.test"), Path("/kubectl"), Path("/out"), 6, 3)
    [focus] = [word.partition("focus=")[2] for word in listed if "focus=" in word]
    assert f"--focus={focus}" in run
    # ginkgo's own options stand before e2e.test's
    assert run.index("--procs=6") < run.index("--") < run.index("--num-nodes=3")
