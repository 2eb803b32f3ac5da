"""Runs are found and read, and what is none is refused with its reason."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.records.store import Store
from testbed.run_report.contents import Contents
from testbed.run_report.source import Source, find, find_all
from testbed.run_report.write import write
from tests.unit.records.recorded import START, make_run, record
from tests.unit.run_report.synthetic import cases, evaluation, scenario


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty one."""
    return Store(tmp_path / "runs")


def _find(word: object, store: Store) -> Source:
    return find(str(word), store, store.directory.parent / "evaluations")


def _refused(word: object, store: Store) -> TestbedError:
    with pytest.raises(TestbedError) as caught:
        _find(word, store)
    assert caught.value.fix
    return caught.value


def test_a_directory_a_name_and_the_latest_are_found(store: Store, tmp_path: Path) -> None:
    make_run(store, record())
    evaluation(tmp_path / "evaluations/20260303-010203", cases("veth"), 1)
    assert _find("latest", store).name == "20260102-030405"
    assert _find("20260102", store).crate_files > 0
    assert _find(store.directory / "20260102-030405", store).record is not None
    assert _find("20260303-010203", store).evaluation is not None


def test_a_run_that_is_named_twice_is_reported_once(store: Store, tmp_path: Path) -> None:
    make_run(store, record())
    words = ["latest", "20260102-030405", str(store.directory / "20260102-030405")]
    assert len(find_all(words, store, tmp_path)) == 1


def test_runs_of_one_name_are_told_apart(store: Store, tmp_path: Path) -> None:
    for place in ("a", "b"):
        evaluation(tmp_path / place / "same", cases("veth"), 1)
    found = find_all([str(tmp_path / "a/same"), str(tmp_path / "b/same")], store, tmp_path)
    assert [source.name for source in found] == ["same", "same-2"]


def test_no_such_run(store: Store) -> None:
    make_run(store, record())
    assert "no runs are named 'nothing'" in _refused("nothing", store).what
    assert "there is nothing of that name" in str(_refused("no/where", store))


def test_a_file_is_no_run(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "it is a file" in str(_refused(tmp_path / "file", store))


def test_a_directory_of_something_else_is_no_run(store: Store, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    assert "is not a run, or an empty one" in _refused(tmp_path / "other", store).what


def test_an_evaluation_without_samples_says_how_to_go_on(store: Store, tmp_path: Path) -> None:
    evaluation(tmp_path / "begun", cases("veth"), 1)
    (tmp_path / "begun/samples.jsonl").unlink()
    error = _refused(tmp_path / "begun", store)
    assert "no sample yet" in error.what
    assert "goes on" in str(error.fix)


@pytest.mark.parametrize("file", ["evaluation.json", "samples.jsonl"])
def test_what_a_newer_testbed_wrote_is_refused(store: Store, tmp_path: Path, file: str) -> None:
    evaluation(tmp_path / "new", cases("veth"), 1)
    path = tmp_path / "new" / file
    first, _, rest = path.read_text().partition("\n")
    path.write_text(
        json.dumps({**json.loads(first), "schema_version": 99, "more": 1}) + "\n" + rest
    )
    assert "schema version 99" in _refused(tmp_path / "new", store).what


@pytest.mark.parametrize("content", ["[]", "{", '{"schema_version": 1}', "\x00"])
def test_what_is_no_evaluation_is_refused(store: Store, tmp_path: Path, content: str) -> None:
    evaluation(tmp_path / "foreign", cases("veth"), 1)
    (tmp_path / "foreign/evaluation.json").write_text(content)
    assert "not the settings of an evaluation" in _refused(tmp_path / "foreign", store).what


def test_half_a_line_is_said_and_the_rest_is_reported(store: Store, tmp_path: Path) -> None:
    samples = evaluation(tmp_path / "cut", cases("veth"), 2)
    file = tmp_path / "cut/samples.jsonl"
    file.write_bytes(file.read_bytes()[:-30])
    found = _find(tmp_path / "cut", store)
    assert found.evaluation
    assert len(found.evaluation.samples) == len(samples) - 1
    assert "half written" in found.notes[0]


def test_a_changed_file_is_said(store: Store) -> None:
    directory = make_run(store, record())
    (directory / "smoke/result.json").write_text("{} ")
    found = _find("latest", store)
    assert any("smoke/result.json" in why for why in found.altered)
    assert any("is left out" in note for note in found.notes)


def test_of_a_pruned_run_the_record_is_reported(store: Store) -> None:
    make_run(store, record())
    store.prune(store.find("latest"), START + timedelta(days=1))
    found = _find("latest", store)
    assert found.record and not found.files
    assert "its evidence is gone" in found.notes[0]


def test_a_run_that_was_killed_is_reported(store: Store, tmp_path: Path) -> None:
    scenario(tmp_path / "killed")
    found = _find(tmp_path / "killed", store)
    assert [s.directory for s in found.scenarios] == ["te-bgp"]
    assert len(found.scenarios[0].proofs) == 3


def test_what_is_no_proof_is_said(store: Store, tmp_path: Path) -> None:
    directory = scenario(tmp_path / "run")
    (directory / "path-1/path.json").write_text("[]")
    (directory / "rendered/plan.json").write_text("{}")
    found = _find(tmp_path / "run", store)
    assert len(found.scenarios[0].proofs) == 2
    assert found.scenarios[0].plan is None
    assert len(found.notes) == 2


def test_what_knb_was_told_is_an_evaluation(store: Store, tmp_path: Path) -> None:
    evaluation(tmp_path / "knb", cases("veth"), 1)
    (tmp_path / "knb/samples.jsonl").unlink()
    (tmp_path / "knb/knb.json").write_text('{"data": {"pod2pod": {"tcp": {"bandwidth": 9876}}}}')
    found = _find(tmp_path / "knb", store)
    assert found.evaluation
    write(Contents([found], {}), tmp_path / "out", "knb", "")
    page = (tmp_path / "out/index.html").read_text()
    assert "data.pod2pod.tcp.bandwidth" in page and "9876" in page
