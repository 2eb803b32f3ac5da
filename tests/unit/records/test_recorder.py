"""A run's crate is whole at every moment: while it goes on, when it was killed, at its end."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from testbed.interpreter import own_code
from testbed.records import recorder as recorders
from testbed.records.crate import METADATA, Crate, parse
from testbed.records.digests import differing
from testbed.records.recorder import own_variables
from testbed.records.source import Source
from testbed.records.store import Store
from tests.repository import ROOT
from tests.unit.records.recorded import COMMIT, going_on, leave_files, make_run, outcome, record

KILLED = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from testbed.records.store import Store
from tests.unit.records.recorded import going_on, leave_files, outcome, record
store = Store(Path(sys.argv[1]))
with going_on(store, record("killed")) as recorder:
    leave_files(store.directory / "killed")
    recorder.add(outcome())
    leave_files(store.directory / "killed", "te-bgp")
    print("now", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def crate_in(directory: Path) -> Crate:
    return parse((directory / METADATA).read_bytes(), "x")


def status(directory: Path) -> str:
    graph = json.loads((directory / METADATA).read_text())["@graph"]
    action = next(entity for entity in graph if entity["@id"] == "#run")
    return str(action["actionStatus"]).rpartition("/")[2]


def test_a_run_that_goes_on_has_failed_until_it_ends(store: Store) -> None:
    directory = store.directory / "one"
    with going_on(store, record("one")) as recorder:
        assert status(directory) == "FailedActionStatus"
        assert {file.path for file in crate_in(directory).files} == {
            "environment.json",
            "artefacts.json",
        }
        leave_files(directory)
        recorder.add(outcome())
        assert status(directory) == "FailedActionStatus"
        assert crate_in(directory).record.outcomes == (outcome(),)
    assert status(directory) == "CompletedActionStatus"
    crate = crate_in(directory)
    assert {"smoke/result.json", "smoke/a path.pcapng"} < {file.path for file in crate.files}
    assert differing(directory, crate) == []
    assert crate.record.state == "finished"
    assert crate.record.ended is not None


def test_a_run_that_is_killed_leaves_what_it_finished(store: Store) -> None:
    with subprocess.Popen(
        [*own_code(KILLED), str(store.directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "now\n"
        assert [one.standing for one in store.runs()] == ["running"]
        run.send_signal(signal.SIGKILL)
        run.wait()
    [left] = store.runs()
    assert left.standing == "killed"
    assert left.record.outcomes == (outcome(),)
    assert status(left.path) == "FailedActionStatus"
    crate = crate_in(left.path)
    assert "smoke/result.json" in {file.path for file in crate.files}
    assert differing(left.path, crate) == []


def test_a_run_that_is_broken_off_says_by_what(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), going_on(store, record("one")):
        raise ZeroDivisionError("division by zero")
    [left] = store.runs()
    assert left.standing == "interrupted"
    assert left.record.error == "ZeroDivisionError: division by zero"
    assert status(left.path) == "FailedActionStatus"


def test_a_scenario_that_fails_fails_the_run(store: Store) -> None:
    directory = make_run(store, record("one"), outcome(verdict="fail", failure="lost"))
    assert status(directory) == "FailedActionStatus"
    assert crate_in(directory).record.state == "finished"


def test_what_holds_a_secret_is_named_and_not_in_the_crate(store: Store) -> None:
    key = "-----BEGIN PRIVATE KEY-----"  # far behind the first block that is read
    with going_on(store, record("one")) as recorder:
        leave_files(store.directory / "one")
        (store.directory / "one/smoke/key.pem").write_text("x" * ((1 << 20) - 15) + key)
        recorder.add(outcome())
    crate = crate_in(store.directory / "one")
    assert crate.record.left_out == ("smoke/key.pem",)
    assert "smoke/key.pem" not in {file.path for file in crate.files}


def test_links_are_not_followed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("x")
    with going_on(store, record("one")) as recorder:
        (store.directory / "one/link").symlink_to(tmp_path / "elsewhere")
        recorder.add(outcome())
    assert "link" not in {file.path for file in crate_in(store.directory / "one").files}


def test_a_file_that_changed_is_read_again(store: Store) -> None:
    directory = store.directory / "one"
    with going_on(store, record("one")) as recorder:
        leave_files(directory)
        recorder.add(outcome())
        before = {file.path: file for file in crate_in(directory).files}
        (directory / "smoke/result.json").write_text('{"more": 1}\n')
        recorder.add(outcome("te-bgp"))
        after = {file.path: file for file in crate_in(directory).files}
    assert {path for path in before if before[path] != after[path]} == {"smoke/result.json"}


def test_the_source_is_kept_as_a_patch(store: Store) -> None:
    with going_on(store, record("one"), Source(COMMIT, b"--- a\n")):
        pass
    assert (store.directory / "one/source.patch").read_bytes() == b"--- a\n"
    with going_on(store, record("two"), Source(COMMIT, problem="no git")):
        pass
    said = json.loads((store.directory / "two/environment.json").read_text())
    assert said["source_problem"] == "no git"


def test_a_full_disk_does_not_hide_what_broke_the_run_off(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(KeyboardInterrupt), going_on(store, record("one")):
        monkeypatch.setattr(recorders, "write_json", full)
        raise KeyboardInterrupt
    assert [run.standing for run in store.runs()] == ["killed"]


def test_only_the_testbeds_variables_are_kept_and_no_password() -> None:
    given = {
        "TESTBED_ARTEFACT_MIRROR": "https://me:pa55@mirror.example/x",
        "TESTBED_CLUSTER": "none",
        "AWS_SECRET": "x",
    }
    assert own_variables(given) == {
        "TESTBED_ARTEFACT_MIRROR": "https://…@mirror.example/x",
        "TESTBED_CLUSTER": "none",
    }
