"""What CI reads of a run: a case per check, failures with their type and cause."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from testbed.records.source_commit import source_commit
from testbed.scenario.run.junit import write_junit
from testbed.scenario.run.result import CheckResult, ScenarioResult, Verdict
from tests.repository import ROOT


def check(sentence: str, passed: bool = True) -> CheckResult:
    return CheckResult(
        sentence=sentence, passed=passed, expected="5", seen="4", claim=sentence, path=False
    )


def result(
    verdict: Verdict, *checks: CheckResult, failure: str | None = None, reason: str | None = None
) -> ScenarioResult:
    return ScenarioResult(
        scenario="hop",
        sentence="It hops.",
        claims=("C5", "C7"),
        seconds=2.5,
        checks=checks,
        verdict=verdict,
        failure=failure,
        reason=reason,
        topology="full",
        evidence="/evidence/hop",
    )


def written(one: ScenarioResult, tmp_path: Path) -> ElementTree.Element:
    write_junit([one], tmp_path / "x.xml")
    (suite,) = ElementTree.parse(tmp_path / "x.xml").getroot()
    return suite


def test_every_check_is_a_case_of_its_claim(tmp_path: Path) -> None:
    suite = written(result("pass", check("one"), check("one")), tmp_path)
    cases = suite.findall("testcase")
    assert [case.attrib["name"] for case in cases] == ["1. one", "2. one", "hop"]
    assert {case.attrib["classname"] for case in cases} == {"C5.C7"}
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("3", "0")
    assert float(suite.attrib["time"]) == 2.5


def test_a_failed_check_says_what_and_why_once(tmp_path: Path) -> None:
    suite = written(result("fail", check("one"), check("two", False), failure="two"), tmp_path)
    (failure,) = suite.iter("failure")
    assert failure.attrib == {"message": "expected 5; seen 4", "type": "CheckFailed"}
    assert failure.text == "two\nexpected: 5\nseen: 4"
    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("1", "0")


@pytest.mark.parametrize(
    ("verdict", "tag", "kind"),
    [("fail", "failure", "CheckFailed"), ("error", "error", "ScenarioError")],
)
def test_a_failure_beside_the_checks_is_the_scenarios(
    tmp_path: Path, verdict: Verdict, tag: str, kind: str
) -> None:
    suite = written(result(verdict, check("one"), failure="waited 60 s\n  why: x"), tmp_path)
    (found,) = suite.iter(tag)
    assert found.attrib == {"message": "waited 60 s", "type": kind}
    assert found.text == "waited 60 s\n  why: x\nevidence: /evidence/hop"


def test_what_is_not_applicable_is_skipped(tmp_path: Path) -> None:
    suite = written(result("not applicable", reason="it needs Kubernetes"), tmp_path)
    assert suite.attrib["skipped"] == "1"
    (skipped,) = suite.iter("skipped")
    assert skipped.attrib["message"] == "it needs Kubernetes"


def test_properties_say_what_was_run_where(tmp_path: Path) -> None:
    suite = written(result("pass", check("one")), tmp_path)
    found = {p.attrib["name"]: p.attrib["value"] for p in suite.iter("property")}
    assert found.keys() >= {"kernel", "lab", "evidence"}
    assert found["lab"] == "full"


def test_what_xml_cannot_hold_is_replaced(tmp_path: Path) -> None:
    suite = written(result("error", failure="\x1b[31mred\x00 \ud800 <&>"), tmp_path)
    (error,) = suite.iter("error")
    assert error.attrib["message"] == "\ufffd[31mred\ufffd \ufffd <&>"


def test_the_commit_is_gits(tmp_path: Path) -> None:
    said = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True)
    assert source_commit(ROOT) == said.stdout.strip()
    assert source_commit(tmp_path) == ""
    (tmp_path / ".git").write_text("garbage")
    assert source_commit(tmp_path) == ""


# Element: its attributes, those it must have, its children; as in the schema that Jenkins, GitLab
# and GitHub's reporters share.
KNOWN: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (
        {"name", "time", "tests", "failures", "errors", "disabled"},
        set(),
        {"testsuite"},
    ),
    "testsuite": (
        {"name", "time", "tests", "failures", "errors", "skipped", "timestamp", "hostname"},
        {"name", "tests"},
        {"properties", "testcase"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, {"name", "value"}, set()),
    "testcase": (
        {"name", "classname", "time"},
        {"name", "classname", "time"},
        {"failure", "error", "skipped"},
    ),
    "failure": ({"message", "type"}, {"message", "type"}, set()),
    "error": ({"message", "type"}, {"message", "type"}, set()),
    "skipped": ({"message", "type"}, {"message"}, set()),
}


def test_nothing_is_written_that_the_common_schema_lacks(tmp_path: Path) -> None:
    results = [
        result("pass", check("one")),
        result("fail", check("two", False), failure="two"),
        result("fail", check("three"), failure="three"),
        result("error", failure="four"),
        result("not applicable", reason="five"),
    ]
    write_junit(results, tmp_path / "x.xml")
    root = ElementTree.parse(tmp_path / "x.xml").getroot()
    assert {element.tag for element in root.iter()} == set(KNOWN)
    for element in root.iter():
        attributes, needed, children = KNOWN[element.tag]
        assert needed <= set(element.attrib) <= attributes, element.tag
        assert {child.tag for child in element} <= children
    assert len(root) == len(results), "alike as they are, none is lost in another"
    for suite in root:
        assert next(iter(suite)).tag == "properties", "before the cases"
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[count]) == len(list(suite.iter(tag)))
