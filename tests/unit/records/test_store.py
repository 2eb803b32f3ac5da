"""The store: what is listed, found, pruned; lines are added and none is ever changed."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.records.record import RunRecord
from testbed.records.store import Store, to_prune
from tests.unit.records.recorded import START, going_on, make_run, outcome, record


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def standings(store: Store) -> dict[str, str]:
    return {run.name: run.standing for run in store.runs()}


def test_an_empty_store(store: Store) -> None:
    assert store.runs() == []
    with pytest.raises(TestbedError, match="no run 'latest'"):
        store.find("latest")


def test_runs_are_listed_by_when_they_began(store: Store) -> None:
    make_run(store, record("later", days=2))
    make_run(store, record("earlier", days=1))
    assert list(standings(store)) == ["earlier", "later"]
    assert store.find("latest").name == "later"


def test_one_is_found_by_its_name_or_the_beginning_of_it(store: Store) -> None:
    for name in ("20260101-1", "20260101-12", "20260102-1"):
        make_run(store, record(name))
    assert store.find("20260101-1").name == "20260101-1"
    assert store.find("20260102").name == "20260102-1"
    with pytest.raises(TestbedError, match="2 runs are named '2026010"):
        make_run(store, record("20260102-2"))
        store.find("20260102-")
    with pytest.raises(TestbedError, match="no runs are named 'x'"):
        store.find("x")


def test_evidence_elsewhere_is_in_the_list_until_it_is_gone(store: Store, tmp_path: Path) -> None:
    elsewhere = Store(tmp_path)
    store.began(record("out", state="finished"), make_run(elsewhere, record("out")))
    assert standings(store) == {"out": "finished"}
    (tmp_path / "out").rename(tmp_path / "moved")
    assert standings(store) == {"out": "missing"}


def test_a_directory_that_a_later_run_took_is_not_the_earliers(store: Store) -> None:
    path = make_run(store, record("one"))
    store.ended(record("two", days=1, state="finished"), path)
    assert standings(store) == {"one": "missing", "two": "finished"}


def test_pruning_removes_evidence_and_keeps_the_record(store: Store) -> None:
    path = make_run(store, record("one"))
    lines = store.journal.read_text()
    store.prune(store.find("one"), START)
    assert not path.exists()
    assert store.journal.read_text().startswith(lines), "append-only"
    [left] = store.runs()
    assert left.standing == "pruned"
    assert left.record.outcomes == (outcome(),)


def test_pruning_leaves_evidence_elsewhere(store: Store, tmp_path: Path) -> None:
    path = make_run(Store(tmp_path), record("out"))
    store.ended(record("out", state="finished"), path)
    store.prune(store.find("out"), START)
    assert path.is_dir()
    assert standings(store) == {"out": "pruned"}


def test_a_run_that_goes_on_is_not_pruned(store: Store) -> None:
    with going_on(store, record("one")):
        with pytest.raises(TestbedError, match="run one is going on"):
            store.prune(store.find("one"), START)
        assert to_prune(store.runs(), 0, None, START) == []
    assert [run.name for run in to_prune(store.runs(), 0, None, START)] == ["one"]


@pytest.mark.parametrize(
    ("keep", "days", "pruned"),
    [
        (1, None, ["a", "b"]),
        (5, None, []),
        (0, None, ["a", "b", "c"]),
        (None, 8, ["a"]),
        (2, 8, ["a"]),
        (3, 0, []),
    ],
)
def test_what_is_pruned(
    store: Store, keep: int | None, days: int | None, pruned: list[str]
) -> None:
    for day, name in enumerate("abc"):
        make_run(store, record(name, days=day))
    age = timedelta(days=days) if days is not None else None
    now = START + timedelta(days=9)
    assert [run.name for run in to_prune(store.runs(), keep, age, now)] == pruned


def test_half_a_line_is_left_out(store: Store) -> None:
    """The next run's line is its own."""
    make_run(store, record("one"))
    text = store.journal.read_text()
    store.journal.write_text(text[:-20])
    assert standings(store) == {"one": "finished"}, "its crate has it"
    make_run(store, record("two", days=1))
    assert standings(store) == {"one": "finished", "two": "finished"}


def test_lines_of_a_newer_testbed_are_named(store: Store) -> None:
    make_run(store, record("one"))
    lines = store.journal.read_text().replace('"schema_version":1', '"schema_version":9', 1)
    store.journal.write_text(lines)
    with pytest.raises(TestbedError, match="schema version 9") as refused:
        store.runs()
    assert refused.value.where == f"{store.journal}:1"


def test_a_line_that_was_changed_by_hand_is_named(store: Store) -> None:
    make_run(store, record("one"))
    store.journal.write_text(store.journal.read_text().replace('"pass"', '"passed"'))
    with pytest.raises(TestbedError, match="not an entry") as refused:
        store.runs()
    assert "verdict" in (refused.value.why or "")


def test_a_line_that_lacks_a_later_field_is_read(store: Store) -> None:
    make_run(store, record("one"))
    lines = [json.loads(line) for line in store.journal.read_text().splitlines()]
    for line in lines:
        del line["record"]["seeds"], line["record"]["options"]
    store.journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert standings(store) == {"one": "finished"}


OLD = {
    "scenario": "te-bgp",
    "sentence": "It steers.",
    "claims": ["C5", "C7"],
    "seconds": 6.2,
    "checks": [{"sentence": "x", "passed": False, "expected": "1", "seen": "2"}],
    "verdict": "fail",
    "failure": "x",
    "cluster": "none",
}


def test_runs_of_a_testbed_without_records_are_read(store: Store) -> None:
    directory = store.directory / "20251231-235959"
    (directory / "te-bgp").mkdir(parents=True)
    (directory / "te-bgp/result.json").write_text(json.dumps(OLD))
    (directory / "command.txt").write_text("testbed run 'te bgp'\n")
    make_run(store, record("new"))
    [old, _] = store.runs()
    assert (old.name, old.standing, old.record.schema_version) == (directory.name, "finished", 0)
    assert old.record.command == ("testbed", "run", "te bgp")
    [found] = old.record.outcomes
    assert (found.name, found.verdict, found.claims) == ("te-bgp", "fail", ("C5", "C7"))
    assert (found.checks, found.cluster, found.failure) == (1, "none", "x")
    assert old.record.failure == "1 of 1 did not pass: te-bgp"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"scenario": 1}', '{"scenario": "x"'])
def test_what_is_no_result_of_theirs_is_left_out(store: Store, text: str) -> None:
    directory = store.directory / "20251231-235959"
    (directory / "x").mkdir(parents=True)
    (directory / "x/result.json").write_text(text)
    [old] = store.runs()
    assert (old.standing, old.record.outcomes) == ("interrupted", ())


def test_drafts_and_the_journal_are_no_runs(store: Store) -> None:
    make_run(store, record("one"))
    (store.directory / ".import-7").mkdir()
    assert list(standings(store)) == ["one"]


def test_a_name_that_is_free(store: Store) -> None:
    assert store.free_name("one") == "one"
    make_run(store, record("one"))
    assert store.free_name("one") == "one-2"
    make_run(store, record("one-2"))
    assert store.free_name("one") == "one-3"


def test_a_record_says_why_it_is_no_success() -> None:
    assert RunRecord(run="x", started=START, state="finished").failure is None
