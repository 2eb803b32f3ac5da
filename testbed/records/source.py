"""The source that a run was made with: its commit, and as a patch what differs from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.paths import CLONE
from testbed.records.source_commit import source_commit

_LIMIT = 5_000_000  # bytes of a patch; more is no change of a source
_PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Source:
    """`patch` is empty where nothing differs; `problem`: why it is not known."""

    commit: str = ""
    patch: bytes = b""
    problem: str = ""

    @property
    def changed(self) -> bool:
        """Does the source differ from its commit, or may it?"""
        return bool(self.patch or self.problem)


def read_source(clone: Path = CLONE) -> Source:
    """The source in a clone. Never fails: a run does not need git."""
    commit = source_commit(clone)
    if not commit:
        return Source(problem="the source is no clone of a repository")
    try:
        patch = _read_patch(clone)
    except FileNotFoundError:
        return Source(commit, problem="there is no git here, which tells changes")
    except (OSError, subprocess.SubprocessError) as error:
        return Source(commit, problem=f"git does not tell changes: {_last_words(error)}")
    if len(patch) > _LIMIT:
        return Source(commit, problem=f"its changes are {len(patch)} bytes, too many to keep")
    return Source(commit, patch)


def _read_patch(clone: Path) -> bytes:
    """Changed, removed and new files, but none that .gitignore leaves out.

    Run as the owner of the clone, whose settings of git name programs. The index and the objects
    are copies of our own: nothing in the clone changes.
    """
    owner = clone.stat()
    with tempfile.TemporaryDirectory() as scratch:
        if os.geteuid() == 0:
            os.chown(scratch, owner.st_uid, owner.st_gid)
        git = _Git(clone, owner.st_uid, owner.st_gid, {})
        paths = git("rev-parse", "--git-path", "objects", "--git-path", "index").decode()
        objects, index = (clone / line for line in paths.splitlines())
        own = {
            "GIT_INDEX_FILE": f"{scratch}/index",
            "GIT_OBJECT_DIRECTORY": f"{scratch}/objects",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects),
        }
        if index.exists():  # git then reads only what changed
            shutil.copyfile(index, own["GIT_INDEX_FILE"])
            if os.geteuid() == 0:
                os.chown(own["GIT_INDEX_FILE"], owner.st_uid, owner.st_gid)
        (Path(scratch) / "objects").mkdir()
        if os.geteuid() == 0:
            os.chown(own["GIT_OBJECT_DIRECTORY"], owner.st_uid, owner.st_gid)
        copy = _Git(clone, owner.st_uid, owner.st_gid, own)
        copy("add", "--all")
        return copy("diff", "--cached", "--binary", "--no-ext-diff", "--no-textconv", "HEAD")


@dataclass(frozen=True)
class _Git:
    clone: Path
    uid: int
    gid: int
    variables: Mapping[str, str]

    def __call__(self, *words: str) -> bytes:
        as_owner: dict[str, int | Sequence[int]] = {}
        if os.geteuid() == 0 and self.uid != 0:
            as_owner = {"user": self.uid, "group": self.gid, "extra_groups": ()}
        done = subprocess.run(
            ["git", "-C", str(self.clone), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **self.variables},
            **as_owner,  # type: ignore[call-overload]
        )
        return bytes(done.stdout)


def _last_words(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {error.returncode}"
    return str(error)
