"""Snapshots on disk are whole or not there, whatever was killed when."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.providers.vagrant.snapshot import snapshots
from testbed.providers.vagrant.snapshot.snapshots import Record, Snapshot
from tests.paper_plan import paper_plan


@pytest.fixture(autouse=True)
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(snapshots, "TOP", tmp_path / "data/_snapshots")
    return tmp_path / "data/_snapshots"


def save(lab: str, name: str, text: str = "memory") -> None:
    with snapshots.locked(lab), snapshots.draft(lab, name) as draft:
        draft.memory("worker1").write_text(text)
        record = Record(
            made="2026-11-25T00:00:00+00:00",
            disks="20261125-000000",
            plan=paper_plan(),
            machines=("worker1",),
            made_of={"QEMU": "7"},
            certificates_until="2026-12-02T00:00:00+00:00",
            reports={"worker1": 7},
            sizes=draft.sizes(),
        )
        draft.write_record(record)


def names() -> list[tuple[str, str]]:
    return [(s.lab, s.name) for s in snapshots.listing()]


def test_a_snapshot_is_there_once_it_is_whole(top: Path) -> None:
    save("lab", "ready")
    found = snapshots.find("lab", "ready")
    assert found == Snapshot("lab", "ready", top / "lab/ready")
    assert found.record.plan == paper_plan()
    assert found.directory.stat().st_mode & 0o777 == 0o700


def test_one_that_failed_leaves_nothing(top: Path) -> None:
    with pytest.raises(OSError), snapshots.locked("lab"), snapshots.draft("lab", "ready") as draft:
        draft.memory("worker1").write_text("half")
        raise OSError
    assert names() == [] and not top.exists()


def test_what_a_killed_run_left_is_not_taken_for_a_snapshot_and_swept(top: Path) -> None:
    save("lab", "ready")
    left = top / "lab/.new-other"
    (left / "memory").mkdir(parents=True)
    (left / snapshots.RECORD).write_text("{}")  # killed just before it was renamed
    assert names() == [("lab", "ready")]
    snapshots.sweep("lab")
    assert not left.exists() and names() == [("lab", "ready")]


def test_another_of_the_same_name_takes_its_place(top: Path) -> None:
    save("lab", "ready", "old")
    save("lab", "ready", "new!")
    assert snapshots.find("lab", "ready").memory("worker1").read_text() == "new!"
    assert [p.name for p in (top / "lab").iterdir()] == ["ready"]


def test_deleted_and_nothing_is_left(top: Path) -> None:
    save("lab", "ready")
    save("lab", "other")
    with snapshots.locked("lab"):
        snapshots.delete(snapshots.find("lab", "ready"))
    assert names() == [("lab", "other")]
    with snapshots.locked("lab"):
        snapshots.delete(snapshots.find("lab", "other"))
    assert not top.exists()


def test_one_that_is_not_there_is_refused_with_those_that_are() -> None:
    save("lab", "ready")
    save("another", "late")
    with pytest.raises(TestbedError, match="lab 'lab' has no snapshot 'redy'") as raised:
        snapshots.find("lab", "redy")
    assert raised.value.why == "there are: late (of lab another), ready"


def test_a_file_that_is_not_whole_is_seen() -> None:
    save("lab", "ready")
    snapshots.find("lab", "ready").memory("worker1").write_text("mem")
    with pytest.raises(TestbedError, match="cannot be used") as raised:
        _ = snapshots.find("lab", "ready").record
    assert raised.value.why == "not as they were written: memory/worker1"


def test_a_record_of_another_version_is_refused(top: Path) -> None:
    save("lab", "ready")
    (top / "lab/ready" / snapshots.RECORD).write_text('{"made": "yesterday"}')
    with pytest.raises(TestbedError, match="cannot be used"):
        _ = snapshots.find("lab", "ready").record


@pytest.mark.parametrize("name", ["", "..", ".new-x", "a/b", "-x", "UPPER", "x" * 41])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(TestbedError, match="no name of a snapshot"):
        snapshots.checked(name)


def test_one_change_at_a_time() -> None:
    with (
        snapshots.locked("lab"),
        pytest.raises(TestbedError, match="in use by another"),
        snapshots.locked("lab"),
    ):
        pass


def test_what_only_looks_like_a_draft_is_not_swept(top: Path, tmp_path: Path) -> None:
    theirs = top / "lab/.new-mine"
    theirs.mkdir(parents=True)
    (theirs / "letter.txt").write_text("from the user")
    (top / "lab/.new-link").symlink_to(tmp_path)
    snapshots.sweep("lab")
    save("lab", "ready")
    assert (theirs / "letter.txt").exists()
    assert (top / "lab/.new-link").is_symlink()


def test_a_sweep_leaves_an_empty_directory_that_it_did_not_make(top: Path) -> None:
    (top / "lab").mkdir(parents=True)
    snapshots.sweep("lab")
    assert (top / "lab").is_dir()
