"""A night: its steps, what follows from one that fails, and its one JUnit file."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from testbed.host.progress import Progress
from testbed.nightly.junit import write_junit
from testbed.nightly.run import Outcome, last_good, run_night
from testbed.nightly.steps import Night, Step, steps
from tests.unit.docs.test_commands import parse

OWN = "<testsuites><testsuite name='best-effort'><testcase name='x'/></testsuite></testsuites>"


class Fake:
    """Runs nothing; steps of these names fail, and the scenarios write their JUnit file."""

    def __init__(self, night: Night, *failing: str) -> None:
        self.night, self.failing, self.done = night, failing, list[str]()

    def __call__(self, step: Step, log: Path) -> int:
        self.done.append(step.name)
        log.write_text(f"last words of {step.name} \x07")
        if step.name == "scenarios":
            self.night.junit("scenarios").write_text(OWN)
        return 3 if step.name in self.failing else 0


def night(tmp_path: Path, before: str = "") -> Night:
    return Night("nightly-1", tmp_path / "out", tmp_path / "runs", before)


def run(night: Night, tmp_path: Path, *failing: str) -> tuple[list[Outcome], list[str]]:
    fake = Fake(night, *failing)
    return run_night(night, tmp_path / "last", Progress(quiet=True), fake), fake.done


@pytest.mark.parametrize("before", ["", "nightly-0"])
def test_every_step_is_a_command_that_there_is(tmp_path: Path, before: str) -> None:
    for step in steps(night(tmp_path, before)):
        parse(list(step.arguments))


def test_a_good_night_is_what_the_next_one_is_compared_with(tmp_path: Path) -> None:
    run(night(tmp_path), tmp_path)
    before = last_good(tmp_path / "last")
    assert before == "nightly-1"
    compared = [s.arguments for s in steps(night(tmp_path, before)) if s.informs]
    assert ("diff", "nightly-1-scenarios", "nightly-1-scenarios") in compared


@pytest.mark.parametrize("failing", ["scenarios", "conformance", "lab", "report"])
def test_a_night_with_a_failure_is_not_good_and_goes_on(tmp_path: Path, failing: str) -> None:
    _, done = run(night(tmp_path), tmp_path, failing)
    assert "report" in done and last_good(tmp_path / "last") == ""


def test_what_changed_does_not_decide(tmp_path: Path) -> None:
    run(night(tmp_path, "nightly-0"), tmp_path, "changes of scenarios", "changes of evaluation")
    assert last_good(tmp_path / "last") == "nightly-1"


def test_nothing_is_measured_without_a_lab(tmp_path: Path) -> None:
    outcomes, done = run(night(tmp_path), tmp_path, "lab")
    assert "evaluation" not in done and "lab down" in done
    assert {o.step.name: o.code for o in outcomes}["evaluation"] is None


def test_one_junit_file_of_all(tmp_path: Path) -> None:
    this = night(tmp_path)
    outcomes, _ = run(this, tmp_path, "conformance", "lab")
    write_junit(outcomes, this, tmp_path / "x.xml")
    suites = ElementTree.parse(tmp_path / "x.xml").getroot()
    assert [suite.attrib["name"] for suite in suites] == ["night", "best-effort"]
    assert (suites[0].attrib["failures"], suites[0].attrib["skipped"]) == ("2", "1")
    failure = suites[0].find("testcase[@name='conformance']/failure")
    assert failure is not None and failure.attrib["message"] == "exit code 3"
    assert failure.text and failure.text.startswith("last words of conformance")
