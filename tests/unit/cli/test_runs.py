"""What `testbed runs` prints, and what `testbed run` puts into the store."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed.cli import run as run_command
from testbed.cli import runs as runs_command
from testbed.cli.main import app
from testbed.errors import TestbedError
from testbed.records.credentials import LEFT_OUT
from testbed.records.source import Source
from testbed.records.store import Store
from testbed.report import tables
from testbed.scenario.run import runner
from testbed.scenario.run.recording import new_record, outcome_of
from testbed.scenario.run.registry import Scenario
from testbed.scenario.run.result import CheckResult, ScenarioResult
from tests.unit.cli.said import said
from tests.unit.records.recorded import make_run, outcome, record

LONG = "IPv4 t1-worker1 → t2-worker2 goes by r7: expected goes by r7; seen a path by r6 and r8"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path))
    return Store(tmp_path / "runs")


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns, no colour."""
    monkeypatch.setattr(tables, "_is_terminal", lambda: True)
    monkeypatch.setattr(tables, "is_colourful", lambda _: False)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_: os.terminal_size((80, 24)))


def fill(store: Store) -> None:
    make_run(store, record("20260101-000000"))
    failed = outcome("te-bgp", verdict="fail", claims=("C5", "C7", "C8"), failure=LONG)
    others = [outcome(f"scenario-{number}") for number in range(8)]
    make_run(store, record("20260102-000000", days=1), failed, *others)


@pytest.mark.usefixtures("_terminal")
def test_the_list_fits_80_columns(store: Store) -> None:
    fill(store)
    lines = said("runs", "list").splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["RUN", "STANDING", "VERDICTS", "NODES"]
    assert "20260101-000000   finished   1 pass" in lines[1]
    assert "1 fail, 8 pass" in lines[2]


@pytest.mark.usefixtures("_terminal")
def test_one_run_fits_80_columns(store: Store) -> None:
    fill(store)
    text = said("runs", "show", "20260102")
    lines = [line for line in text.splitlines() if str(store.directory) not in line]
    assert max(map(len, lines)) <= 80
    assert "1 of 9 did not pass: te-bgp" in text
    assert "each as it was recorded" in text
    assert "goes by r7" in text


def test_a_run_that_was_changed_says_where(store: Store) -> None:
    directory = make_run(store, record("one"))
    (directory / "smoke/result.json").write_text("{ }")
    assert "changed since: smoke/result.json has SHA-256" in said("runs", "show", "one")
    assert json.loads(said("runs", "show", "one", "-f", "json"))["differing"]


def test_it_prunes_what_is_named_or_old(store: Store) -> None:
    fill(store)
    assert "True" in said("runs", "prune", "20260101")
    assert [run.standing for run in store.runs()] == ["pruned", "finished"]
    said("runs", "prune", "--keep", "1")
    assert [run.standing for run in store.runs()] == ["pruned", "finished"]
    said("runs", "prune", "--older-than", "1", "--dry-run")
    assert [run.standing for run in store.runs()] == ["pruned", "finished"]
    said("runs", "prune", "--older-than", "1")
    assert [run.standing for run in store.runs()] == ["pruned", "pruned"]


@pytest.mark.parametrize("words", [[], ["one", "--keep", "1"]])
@pytest.mark.usefixtures("store")
def test_it_prunes_either_by_name_or_by_age(words: list[str]) -> None:
    with pytest.raises(TestbedError, match="name runs, or give"):
        said("runs", "prune", *words)


def test_files_of_root_are_pruned_as_root(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Left by a run that was killed before it gave them to the user."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    class Asked(Exception):
        pass

    def ask() -> None:
        raise Asked

    fill(store)
    monkeypatch.setattr(Store, "prune", refuse)
    monkeypatch.setattr(runs_command, "need_root", ask)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Asked):
        said("runs", "prune", "20260101")


def test_a_run_goes_to_another_machine(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    monkeypatch.chdir(tmp_path)
    assert said("runs", "export", "20260101").startswith("20260101-000000.crate.zip: run 2026")
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "other"))
    file = "20260101-000000.crate.zip"
    assert said("runs", "import", file) == "20260101-000000: imported\n"
    assert said("runs", "import", file) == "20260101-000000: already there\n"
    assert "1 pass" in said("runs", "list")


@pytest.mark.usefixtures("store")
def test_a_file_that_is_not_there() -> None:
    with pytest.raises(TestbedError, match="no such file"):
        said("runs", "import", "absent.zip")


RESULT = ScenarioResult(
    scenario="smoke",
    sentence="It works.",
    claims=("C11",),
    seconds=1.5,
    checks=(
        CheckResult(sentence="a", passed=True, expected="1", seen="1", claim="a", path=False),
        CheckResult(sentence="b", passed=False, expected="1", seen="2", claim="b", path=False),
    ),
    verdict="fail",
    failure="b",
    nodes="namespace",
    cluster="none",
)
Keep = Callable[[ScenarioResult], None]


@pytest.fixture
def _ran(monkeypatch: pytest.MonkeyPatch) -> None:
    """`testbed run` without root and without a lab."""

    def run(
        _: list[Scenario], options: runner.Options, __: object, keep: Keep
    ) -> list[ScenarioResult]:
        evidence = options.evidence / "smoke"
        evidence.mkdir()
        (evidence / "result.json").write_text("{}")
        keep(RESULT.model_copy(update={"evidence": str(evidence)}))
        return [RESULT]

    monkeypatch.setattr(run_command, "need_root", lambda: None)
    monkeypatch.setattr(runner, "run", run)


@pytest.mark.usefixtures("_ran")
def test_a_run_leaves_its_record(store: Store, tmp_path: Path) -> None:
    policy = tmp_path / "mine.yaml"
    policy.write_text("kind: SRPolicy\n")
    words = ["run", "smoke", "--cluster", "none", "--policy", str(policy)]
    assert CliRunner().invoke(app, words).exit_code == 1
    [run] = store.runs()
    assert re.fullmatch(r"\d{8}-\d{6}", run.name)
    assert (run.standing, run.record.failure) == ("finished", "1 of 1 did not pass: smoke")
    [found] = run.record.outcomes
    assert (found.verdict, found.checks, found.nodes) == ("fail", 2, "namespace")
    assert found.failed == ("b: expected 1; seen 2",)
    assert run.record.options["cluster"] == "none"
    inputs = run.path / "inputs"
    assert sorted(str(f.relative_to(inputs)) for f in inputs.rglob("*") if f.is_file()) == [
        "policy/mine.yaml",
        "scenarios/smoke.py",
        "topologies/backbone.py",
        "topologies/full.py",
    ]
    details = json.loads(said("runs", "show", "-o", "json"))
    assert details["differing"] == []
    assert details["files"] >= 6


def test_options_say_nothing_of_a_lab_that_was_up(tmp_path: Path) -> None:
    """It may be another than they would make."""
    own, given = (
        new_record("x", ["testbed"], runner.Options(lab, tmp_path), Source()).options
        for lab in (None, "mine")
    )
    assert (own["nodes"], own["cluster"]) == ("namespace", "none")
    assert given == {"lab": "mine", "repeat": "1"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("lost at r6", "lost at r6"),
        ("GET https://me:pa55@host/x: 404", "GET https://…@host/x: 404"),
        ("token: abc", LEFT_OUT),
        ("-----BEGIN PRIVATE KEY-----", LEFT_OUT),
    ],
)
def test_no_secret_gets_into_a_record(said: str, kept: str) -> None:
    check = RESULT.checks[1].model_copy(update={"seen": said})
    result = RESULT.model_copy(update={"failure": said, "reason": said, "checks": (check,)})
    found = outcome_of(result)
    assert (found.failure, found.reason) == (kept, kept)
    assert said == kept or said not in found.model_dump_json()


@pytest.mark.usefixtures("_ran")
def test_evidence_elsewhere_is_recorded_too(store: Store, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["run", "smoke", "--evidence", str(tmp_path / "mine")])
    [run] = store.runs()
    assert run.path == tmp_path / "mine"
    assert (run.path / "ro-crate-metadata.json").exists()


@pytest.mark.usefixtures("_ran")
def test_a_run_that_is_interrupted_is_recorded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", interrupted)
    CliRunner().invoke(app, ["run", "smoke"])
    [run] = store.runs()
    assert (run.standing, run.record.error) == ("interrupted", "KeyboardInterrupt")
