"""The source of a run: its commit and a patch that makes it again; the clone stays as it is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from testbed.records import source
from testbed.records.source import Source, read_source


def git(clone: Path, *words: str) -> str:
    command = ["git", "-C", str(clone), "-c", "user.name=x", "-c", "user.email=x@example", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with one commit."""
    clone = tmp_path / "clone"
    clone.mkdir()
    git(clone, "init", "-q")
    (clone / ".gitignore").write_text("out/\n")
    (clone / "a.py").write_text("a = 1\n")
    (clone / "b.py").write_text("b = 1\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "first")
    return clone


def snapshot(directory: Path) -> dict[Path, tuple[int, bytes]]:
    return {
        path: (path.stat().st_uid, path.read_bytes() if path.is_file() else b"")
        for path in directory.rglob("*")
    }


def test_a_clean_clone(clone: Path) -> None:
    assert read_source(clone) == Source(git(clone, "rev-parse", "HEAD"))
    assert not read_source(clone).changed


def test_the_patch_makes_the_source_again(clone: Path, tmp_path: Path) -> None:
    (clone / "a.py").write_text("a = 2\n")
    (clone / "b.py").unlink()
    (clone / "new").mkdir()
    (clone / "new/c.bin").write_bytes(bytes(range(256)))
    (clone / "out").mkdir()
    (clone / "out/x").write_text("left out by .gitignore")
    found = read_source(clone)
    assert found.changed
    again = tmp_path / "again"
    git(tmp_path, "clone", "-q", str(clone), str(again))
    (tmp_path / "x.patch").write_bytes(found.patch)
    git(again, "apply", str(tmp_path / "x.patch"))
    assert (again / "a.py").read_text() == "a = 2\n"
    assert not (again / "b.py").exists()
    assert (again / "new/c.bin").read_bytes() == bytes(range(256))
    assert not (again / "out").exists()


def test_the_clone_stays_as_it_is(clone: Path) -> None:
    (clone / "a.py").write_text("a = 2\n")
    (clone / "c.py").write_text("c = 1\n")
    before = snapshot(clone)
    assert read_source(clone).patch
    assert snapshot(clone) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="changes owners")
def test_root_runs_git_as_the_owner_of_the_clone(clone: Path, tmp_path: Path) -> None:
    """Its settings name programs: this one writes who runs it."""
    (clone / "a.py").write_text("a = 2\n")
    witness = tmp_path / "witness"
    witness.mkdir(mode=0o777)
    witness.chmod(0o777)
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\nid -u > {witness}/uid\n")
    hook.chmod(0o755)
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == 0 and path != Path("/tmp") and path.parent != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    git(clone, "config", "core.fsmonitor", str(hook))
    for path in (clone, *clone.rglob("*")):
        os.chown(path, 4321, 4321)
    assert b"a = 2" in read_source(clone).patch
    assert (witness / "uid").read_text() == "4321\n"


def test_no_clone(tmp_path: Path) -> None:
    assert read_source(tmp_path) == Source(problem="the source is no clone of a repository")


def test_no_git(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = git(clone, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", "/nowhere")
    found = read_source(clone)
    assert (found.commit, found.problem) == (commit, "there is no git here, which tells changes")
    assert found.changed, "it may be"


def test_a_clone_that_git_refuses(clone: Path) -> None:
    (clone / ".git/index").write_text("damaged")
    found = read_source(clone)
    assert found.problem.startswith("git does not tell changes: ")
    assert "index" in found.problem


def test_changes_that_are_too_many(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_LIMIT", 10)
    (clone / "a.py").write_text("a = 2\n")
    assert "too many to keep" in read_source(clone).problem
    assert read_source(clone).patch == b""
