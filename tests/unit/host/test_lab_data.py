"""A lab's data on disk: only what carries its mark is gone on from, or removed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.host import lab_data
from testbed.host.lab_data import MARK
from testbed.host.labs import LabDir

MoveTo = Callable[[str], Path]


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MoveTo:
    """Sets where new labs have their data, as TESTBED_DATA does; gives the directory."""

    def to(name: str) -> Path:
        monkeypatch.setattr(lab_data, "DATA_DIR", tmp_path / name)
        return tmp_path / name

    monkeypatch.setattr(lab_data, "DEFAULT_DIR", tmp_path / "default")
    monkeypatch.setattr(lab_data, "REGISTRY", tmp_path / "default/_labs")
    return to


@pytest.fixture
def lab(tmp_path: Path, moved: MoveTo) -> LabDir:
    moved("default")
    return up(LabDir("mine", tmp_path / "run"))


def up(lab: LabDir) -> LabDir:
    """Its directory on the host, as the lock makes it."""
    lab.path.mkdir(parents=True, exist_ok=True)
    return lab


def reboot(lab: LabDir) -> None:
    shutil.rmtree(lab.root)


def foreign(directory: Path) -> Path:
    """Somebody's directory; gives the file in it."""
    directory.mkdir(parents=True)
    letter = directory / "letter.txt"
    letter.write_text("from the user")
    return letter


def test_claimed_data_are_removed_whole_with_all_that_was_made(lab: LabDir, tmp_path: Path) -> None:
    data = lab.claim_data()
    (data / "nodes").mkdir()
    assert lab.has_data
    assert lab.claim_data() == data, "claimed again, it is the same"
    assert (data / "nodes").is_dir()
    assert lab.forget_data() == []
    lab.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_without_a_mark_is_refused_and_left(lab: LabDir, moved: MoveTo) -> None:
    letter = foreign(moved("disk") / "mine")
    for refused in (lab.refuse_strange_data, lab.claim_data):
        with pytest.raises(TestbedError, match="no mark of this lab") as error:
            refused()
        assert error.value.where == str(letter.parent)
        assert "TESTBED_DATA" in str(error.value.fix)
    assert not lab.claims_data
    for said in (lab.strange_data, lab.forget_data()):
        assert str(letter.parent) in said[0]
        assert "no mark" in said[0]
    assert letter.exists()
    moved("elsewhere")
    assert lab.claim_data().is_dir(), "the fix works"
    assert letter.exists()


@pytest.mark.parametrize("kind", ["file", "mark of nonsense", "link as mark"])
def test_what_is_no_mark_is_none(lab: LabDir, moved: MoveTo, kind: str, tmp_path: Path) -> None:
    place = moved("disk") / "mine"
    letter = foreign(tmp_path / "other") if kind == "file" else foreign(place)
    if kind == "file":
        place.parent.mkdir()
        place.write_text("a file")
    elif kind == "mark of nonsense":
        (place / MARK).write_text('{"lab": "mine"}')
    else:
        real = up(LabDir("mine", tmp_path / "run2")).path / "mark"
        claim = lab_data.Claim(lab="mine", id="0" * 32, data=place, base_made=False)
        real.write_text(claim.model_dump_json())
        (place / MARK).symlink_to(real)
    with pytest.raises(TestbedError):
        lab.claim_data()
    assert lab.forget_data() != []
    assert place.exists()
    assert letter.exists()


def test_a_directory_that_appears_meanwhile_is_refused_and_left(
    lab: LabDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = lab_data._make_directory

    def later(claim: lab_data.Claim) -> None:
        foreign(claim.data)
        make(claim)

    monkeypatch.setattr(lab_data, "_make_directory", later)
    with pytest.raises(TestbedError, match="no mark"):
        lab.claim_data()
    assert [p.name for p in lab.data.iterdir()] == ["letter.txt"]
    assert not list(lab.data.parent.glob(".testbed-*"))


def test_an_empty_directory_is_taken(lab: LabDir, moved: MoveTo) -> None:
    place = moved("disk") / "mine"
    place.mkdir(parents=True)
    lab.refuse_strange_data()
    assert (lab.claim_data() / MARK).exists()
    lab.forget_data()
    assert place.parent.is_dir(), "that was somebody's"


def test_data_of_another_lab_are_refused_and_left(lab: LabDir) -> None:
    other = up(LabDir("other", lab.root))
    there = other.claim_data()
    here = there.rename(lab.data)
    with pytest.raises(TestbedError, match="of lab 'other'"):
        lab.claim_data()
    assert "of lab 'other'" in lab.forget_data()[0]
    assert (here / MARK).exists()


def test_data_of_another_lab_of_the_same_name_are_left(lab: LabDir) -> None:
    mark = lab.claim_data() / MARK
    claim = lab_data.Claim.model_validate_json(mark.read_text())
    mark.write_text(mark.read_text().replace(claim.id, "0" * 32))
    with pytest.raises(TestbedError, match="of another lab of this name"):
        lab.claim_data()
    assert "of another lab of this name" in lab.forget_data()[0]
    assert mark.exists()


def test_data_that_were_moved_are_found_in_their_new_place(lab: LabDir, moved: MoveTo) -> None:
    data = lab.claim_data()
    there = moved("disk") / "mine"
    there.parent.mkdir()
    data.rename(there)
    assert lab.claim_data() == there
    moved("default")
    assert lab.data == there
    lab.forget_data()
    assert not there.exists()
    assert there.parent.is_dir()


def test_the_record_wins_over_the_environment(lab: LabDir, moved: MoveTo) -> None:
    data = lab.claim_data()
    letter = foreign(moved("disk") / "mine")
    assert lab.data == data
    lab.refuse_strange_data()
    assert lab.claim_data() == data
    assert lab.forget_data() == []
    assert not data.exists()
    assert letter.exists()


def test_after_a_reboot_the_registry_knows(lab: LabDir, moved: MoveTo) -> None:
    moved("disk")
    data = lab.claim_data()
    reboot(lab)
    moved("default")
    assert lab.data == data
    assert up(lab).claim_data() == data
    reboot(lab)
    assert lab.claims_data
    assert lab.forget_data() == []
    assert not data.exists()
    assert not lab.claims_data


def test_without_any_record_the_mark_in_the_lab_s_place_will_do(lab: LabDir, moved: MoveTo) -> None:
    moved("disk")
    data = lab.claim_data()
    reboot(lab)
    shutil.rmtree(lab_data.REGISTRY)
    moved("default")
    assert not lab.has_data
    assert lab.forget_data() == []
    assert data.is_dir()
    moved("disk")
    assert lab.has_data
    lab.forget_data()
    assert not data.exists()


def test_a_symbolic_link_is_not_followed(lab: LabDir, tmp_path: Path) -> None:
    data = lab.claim_data()
    real = data.rename(tmp_path / "real")
    data.symlink_to(real)
    with pytest.raises(TestbedError, match="symbolic link"):
        lab.refuse_strange_data()
    with pytest.raises(TestbedError, match="symbolic link"):
        lab.claim_data()
    assert "symbolic link" in lab.forget_data()[0]
    assert (real / MARK).exists()
    assert data.is_symlink()


def test_a_link_within_the_data_is_removed_not_what_it_leads_to(
    lab: LabDir, tmp_path: Path
) -> None:
    letter = foreign(tmp_path / "theirs")
    (lab.claim_data() / "volume").symlink_to(letter.parent)
    lab.forget_data()
    assert letter.exists()


def test_a_directory_above_that_has_become_a_link(
    lab: LabDir, moved: MoveTo, tmp_path: Path
) -> None:
    base = moved("disk")
    lab.claim_data()
    base.rename(tmp_path / "real")
    base.symlink_to(tmp_path / "real")
    assert "symbolic link" in lab.forget_data()[0]
    assert (tmp_path / "real/mine" / MARK).exists()


class Killed(BaseException):
    pass


@pytest.mark.parametrize("at", ["mkdir", "write_atomically", "rename"])
@pytest.mark.parametrize("then", ["up", "down"])
def test_a_kill_between_record_and_mark(
    lab: LabDir, monkeypatch: pytest.MonkeyPatch, at: str, then: str, tmp_path: Path
) -> None:
    """The next command neither removes a stranger's directory nor leaves a part of ours."""

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        if at == "mkdir":
            patched.setattr(lab_data, "_make_directory", killed)
        elif at == "rename":
            patched.setattr(Path, "rename", killed)
        else:
            patched.setattr(lab_data, "write_atomically", _killed_at_the_mark)
        lab.claim_data()
    assert (lab.path / "data.json").exists()
    letter = foreign(lab_data.place("mine"))
    if then == "up":
        with pytest.raises(TestbedError, match="no mark"):
            lab.claim_data()
        shutil.rmtree(letter.parent)
        lab.claim_data()
        letter = foreign(tmp_path / "default/theirs")
    assert (lab.forget_data() == []) == (then == "up")
    assert letter.exists()
    assert not list((tmp_path / "default").glob(".testbed-*"))


def _killed_at_the_mark(path: Path, text: str, _mode: int = 0o644) -> None:
    path.write_text(text[:5] if path.name == MARK else text)
    if path.name == MARK:
        raise Killed


def test_a_killed_removal_is_finished_by_the_next(
    lab: LabDir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = lab.claim_data()

    def killed(path: Path) -> None:
        (path / MARK).unlink()
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(shutil, "rmtree", killed)
        lab.forget_data()
    assert not data.exists(), "no half of it is taken for a lab's data"
    reboot(lab)
    assert [claim.lab for claim, _ in lab_data.orphans(set())] == ["mine"]
    assert lab.claims_data
    lab.forget_data()
    assert not (tmp_path / "default").exists()


def test_a_killed_writer_leaves_nothing_in_the_registry(lab: LabDir, tmp_path: Path) -> None:
    lab.claim_data()
    (lab_data.REGISTRY / ".mine.json.77").write_text("{")
    lab.forget_data()
    assert not (tmp_path / "default").exists()


def test_two_labs_in_a_directory_that_the_first_made(lab: LabDir, moved: MoveTo) -> None:
    base = moved("disk")
    other = up(LabDir("other", lab.root))
    lab.claim_data()
    other.claim_data()
    lab.forget_data()
    assert base.is_dir()
    other.forget_data()
    assert not base.exists()


def test_data_that_no_lab_owns_are_found(lab: LabDir, moved: MoveTo) -> None:
    base = moved("disk")
    data = lab.claim_data()
    moved("default")
    assert lab_data.orphans({"mine"}) == []
    [(claim, command)] = lab_data.orphans(set())
    assert (claim.data, command) == (data, "testbed down -n mine")
    shutil.rmtree(lab_data.REGISTRY)
    assert lab_data.orphans(set()) == []
    moved("disk")
    [(claim, command)] = lab_data.orphans(set())
    assert (claim.data, command) == (data, f"TESTBED_DATA={base} testbed down -n mine")


def test_data_without_a_mark_are_shown(lab: LabDir) -> None:
    lab.claim_data().joinpath("plan.json").write_text("{}")
    letter = foreign(lab_data.place("older"))
    letter.with_name("plan.json").write_text("{}")
    foreign(lab_data.place("_snapshots"))
    assert lab_data.unmarked() == [letter.parent]
