"""A conformance run for CI."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from testbed.conformance.junit import write_junit
from tests.unit.conformance.test_outcome import DUAL, GOOD, SERVICE, outcome, with_state


def test_a_suite_per_way_and_a_case_per_spec(tmp_path: Path) -> None:
    write_junit(outcome(GOOD, replace(GOOD, title="TE ConfigMaps")), tmp_path / "x.xml")
    suites = ElementTree.parse(tmp_path / "x.xml").getroot()
    assert [suite.attrib["name"] for suite in suites] == [
        "conformance, best effort",
        "conformance, TE ConfigMaps",
    ]
    cases = suites[0].findall("testcase")
    assert [(c.attrib["name"], c.attrib["classname"]) for c in cases] == [
        (SERVICE, "network conformance"),
        (DUAL, "dual stack"),
    ]
    assert suites[0].attrib["failures"] == "0"


@pytest.mark.parametrize("state", ["failed", "skipped", "not run"])
def test_what_did_not_pass_is_a_failure_with_its_reason(tmp_path: Path, state: str) -> None:
    write_junit(outcome(with_state(state, "no reply \x07")), tmp_path / "x.xml")
    (suite,) = ElementTree.parse(tmp_path / "x.xml").getroot()
    assert (suite.attrib["failures"], suite.attrib["tests"]) == ("1", "2")
    failure = suite.find("testcase/failure")
    assert failure is not None and failure.attrib["type"] == state
    assert failure.attrib["message"].startswith(f"{state}: no reply")
