"""What root writes by sudo for a user is the user's, and nothing else changes its owner."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.host import for_caller
from testbed.host.for_caller import (
    caller,
    hand_all_to_caller,
    hand_to_caller,
    make_directory,
    write_for_caller,
)

USER = (4321, 8765)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, tuple[int, int]]]:
    """By name, what was handed to whom; tests may lack the right to do it."""
    seen: dict[str, tuple[int, int]] = {}

    def chown(path: Path, uid: int, gid: int, *, follow_symlinks: bool) -> None:
        assert not follow_symlinks
        seen[path.name] = (uid, gid)

    def fchown(descriptor: int, uid: int, gid: int) -> None:
        seen[Path(f"/proc/self/fd/{descriptor}").readlink().name] = (uid, gid)

    monkeypatch.setattr(for_caller, "caller", lambda: USER)
    monkeypatch.setattr(os, "chown", chown)
    monkeypatch.setattr(os, "fchown", fchown)
    yield seen


@pytest.mark.parametrize(
    ("euid", "environment", "found"),
    [
        (0, {"SUDO_UID": "4321", "SUDO_GID": "8765"}, USER),
        (0, {"SUDO_UID": "4321"}, None),
        (0, {}, None),
        (1000, {"SUDO_UID": "4321", "SUDO_GID": "8765"}, None),
    ],
)
def test_the_caller_is_who_called_sudo(
    monkeypatch: pytest.MonkeyPatch,
    euid: int,
    environment: dict[str, str],
    found: tuple[int, int] | None,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: euid)
    for name in ("SUDO_UID", "SUDO_GID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert caller() == found


def test_a_new_file_is_the_callers_and_one_that_is_there_stays(
    given: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    file = tmp_path / "new"
    write_for_caller(file, "a longer text")
    assert file.read_text() == "a longer text" and given == {"new": USER}
    given.clear()
    write_for_caller(file, b"short")
    assert file.read_bytes() == b"short" and given == {}


def test_a_file_that_is_there_is_opened_without_making_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the kernel refuses it in /tmp, where the first run's file is the user's."""
    file = tmp_path / "there"
    file.touch()
    flags, real = [], os.open

    def watched(path: Path, how: int, mode: int = 0o777) -> int:
        flags.append(how)
        return real(path, how, mode)

    monkeypatch.setattr(os, "open", watched)
    write_for_caller(file, "x")
    assert len(flags) == 1 and not flags[0] & os.O_CREAT


def test_nobodys_sudo_changes_no_owner(
    given: dict[str, tuple[int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(for_caller, "caller", lambda: None)
    write_for_caller(tmp_path / "file", "x")
    make_directory(tmp_path / "a" / "b")
    hand_all_to_caller(tmp_path)
    assert given == {}


def test_all_below_a_directory_is_handed_over_but_what_links_lead_to(
    given: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for file in (outside / "theirs", inside / "deep" / "mine"):
        file.parent.mkdir(parents=True)
        file.touch()
    (inside / "link").symlink_to(outside)
    (inside / "file-link").symlink_to(outside / "theirs")
    os.mkfifo(inside / "pipe")
    hand_all_to_caller(inside)
    assert given == dict.fromkeys(("inside", "deep", "mine"), USER)


def test_a_device_and_what_is_gone_are_left_alone(
    given: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    hand_to_caller(Path("/dev/null"))
    hand_to_caller(tmp_path / "gone")
    write_for_caller("/dev/null", "x")
    assert given == {}


def test_another_users_file_stays_theirs(
    given: dict[str, tuple[int, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    hand_to_caller(file)
    assert given == {}


def test_directories_that_are_made_are_the_callers(
    given: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    make_directory(tmp_path / "a" / "b" / "c")
    assert given == {"b": USER, "c": USER}
