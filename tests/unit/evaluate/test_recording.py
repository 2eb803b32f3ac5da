"""An evaluation is a run of the store: its samples are in a crate, also when it is killed."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from testbed.evaluate import store as samples
from testbed.evaluate.recording import Keeper, earlier_record, new_record
from testbed.evaluate.sample import Sample
from testbed.interpreter import own_code
from testbed.records.archive import export, take_in
from testbed.records.crate import METADATA, parse
from testbed.records.record import RunRecord
from testbed.records.source import Source
from testbed.records.store import Store
from tests.repository import ROOT
from tests.shipped_plans import shipped_plan
from tests.unit.evaluate.samples import sample, series
from tests.unit.records.recorded import START, going_on

CASES = ("a", "b")
KILLED = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from testbed.records.store import Store
from tests.unit.evaluate.samples import sample, series
from tests.unit.evaluate.test_recording import evaluating
taken = [sample("a", 0), *series("a", [1, 2]), sample("b", 0)]
with evaluating(Store(Path(sys.argv[1])), taken) as keep:
    print("now", flush=True)
    sys.stdin.read()
"""


def record() -> RunRecord:
    return new_record("one", ["testbed", "evaluate"], {"cases": "a,b"}, 7, Source("c" * 40))


class evaluating:
    """An evaluation of two cases, two samples each; within, its keeper."""

    def __init__(self, store: Store, taken: list[Sample], run: RunRecord | None = None) -> None:
        self._store, self._taken = store, taken
        self._run = run or record()
        self._going_on = going_on(store, self._run)
        self.file = store.directory / "one/samples.jsonl"

    def __enter__(self) -> Keeper:
        recorder = self._going_on.__enter__()
        keeper = Keeper(recorder, shipped_plan("full"), CASES, 2, self.file)
        for one in self._taken:
            samples.append(self.file, one)
            keeper.add(one)
        return keeper

    def __exit__(self, *error: object) -> None:
        self._going_on.__exit__(*error)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def test_a_case_is_an_outcome_once_it_has_all_samples(store: Store) -> None:
    taken = [sample("a", 0), *series("a", [1, 2])]
    with evaluating(store, taken) as keeper:
        [outcome] = store.find("one").record.outcomes
        assert (outcome.name, outcome.verdict, outcome.checks) == ("a", "pass", 3)
        keeper.end()
    run = store.find("one")
    assert (run.standing, run.record.kind, run.record.seeds) == (
        "finished",
        "evaluation",
        {"order": 7},
    )
    assert [(o.name, o.verdict) for o in run.record.outcomes] == [
        ("a", "pass"),
        ("b", "not applicable"),
    ]


def test_one_that_is_killed_leaves_all_samples_in_its_crate(store: Store, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*own_code(KILLED), str(store.directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "now\n"
        run.send_signal(signal.SIGKILL)
        run.wait()
    left = store.find("one")
    assert left.standing == "killed"
    assert "FailedActionStatus" in (left.path / METADATA).read_text()
    # what was stored, and not yet recorded, when it was killed
    samples.append(left.path / "samples.jsonl", sample("b", 1))
    export(left, tmp_path / "one.zip")
    there = Store(tmp_path / "there")
    assert take_in(tmp_path / "one.zip", there, START) == ("one", True)
    assert len(samples.read(there.find("one").path / "samples.jsonl").samples) == 4


def test_a_sample_that_was_changed_is_no_growth(store: Store, tmp_path: Path) -> None:
    with evaluating(store, series("a", [1, 2])):
        file = store.directory / "one/samples.jsonl"
        file.write_text(file.read_text().replace("2.0", "3.0"))
        with pytest.raises(Exception, match=r"samples\.jsonl has SHA-256"):
            export(store.find("one"), tmp_path / "one.zip")


def test_a_line_after_the_end_is_no_growth(store: Store, tmp_path: Path) -> None:
    with evaluating(store, series("a", [1, 2])):
        pass
    samples.append(store.directory / "one/samples.jsonl", sample("a", 3))
    with pytest.raises(Exception, match=r"samples\.jsonl has SHA-256"):
        export(store.find("one"), tmp_path / "one.zip")


def test_it_goes_on_as_the_same_run(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), evaluating(store, series("a", [1, 2])):
        raise ZeroDivisionError
    assert store.find("one").standing == "interrupted"
    again = earlier_record(store.directory / "one")
    assert again is not None
    with evaluating(store, series("b", [1, 2]), again) as keeper:
        keeper.end()
    [run] = store.runs()
    assert (run.standing, run.record.error) == ("finished", None)
    assert [o.verdict for o in run.record.outcomes] == ["pass", "pass"]
    crate = parse((run.path / METADATA).read_bytes(), "x")
    assert "samples.jsonl" in {file.path for file in crate.files}


def test_no_earlier_record(tmp_path: Path) -> None:
    assert earlier_record(tmp_path) is None
    (tmp_path / METADATA).write_text("{")
    assert earlier_record(tmp_path) is None
