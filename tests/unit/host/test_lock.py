"""The lock on a directory: exclusive, inherited, gone with its holder or its directory."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from testbed.host.lock import LockHeld, locked_directory, shared_directory
from tests.repository import ROOT


def test_makes_and_holds_the_directory(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    with locked_directory(path, 0), pytest.raises(LockHeld), locked_directory(path, 0):
        pass
    assert path.is_dir()
    with locked_directory(path, 0):
        pass


def test_is_released_by_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked_directory(tmp_path, 0):
        raise KeyError
    with locked_directory(tmp_path, 0):
        pass


def test_an_error_of_the_body_is_not_taken_for_a_held_lock(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), locked_directory(tmp_path, 0):
        raise BlockingIOError


def test_the_holder_may_remove_the_directory(tmp_path: Path) -> None:
    path = tmp_path / "lab"
    with locked_directory(path, 0):
        path.rmdir()
        with locked_directory(path, 0):  # another directory, so another lock
            pass
    assert path.is_dir()


def test_ends_with_its_killed_holder(tmp_path: Path) -> None:
    script = "import sys\nfrom pathlib import Path\nfrom testbed.host.lock import *\n"
    script += "with locked_directory(Path(sys.argv[1]), 0): print('held', flush=True); input()"
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockHeld), locked_directory(tmp_path, 0):
            pass
        holder.kill()
        holder.wait()
        with locked_directory(tmp_path, 0):
            pass


def test_who_inherits_it_holds_it(tmp_path: Path) -> None:
    with locked_directory(tmp_path, 0) as fd:
        heir = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(fd,)
        )
    with pytest.raises(LockHeld), locked_directory(tmp_path, 0):
        pass
    heir.communicate(b"\n")
    with locked_directory(tmp_path, 0):
        pass


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with locked_directory(tmp_path, 0), pytest.raises(LockHeld), locked_directory(tmp_path, 0.2):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "lab").write_text("")
    with pytest.raises(FileExistsError), locked_directory(tmp_path / "lab", 0):
        pass


def test_who_shares_a_directory_keeps_others_from_locking_it(tmp_path: Path) -> None:
    shared = shared_directory(tmp_path)
    with shared, pytest.raises(LockHeld), locked_directory(tmp_path, 0):
        pass
    with shared_directory(tmp_path), shared_directory(tmp_path):
        pass
    with locked_directory(tmp_path, 0):
        pass


def test_what_is_gone_cannot_be_shared(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), shared_directory(tmp_path / "gone"):
        pass


def test_who_waited_for_a_directory_that_was_renamed_does_not_share_it(tmp_path: Path) -> None:
    directory = tmp_path / "old"
    sharing = threading.Event()
    seen: list[str] = []

    def share() -> None:
        sharing.set()
        try:
            with shared_directory(directory):
                seen.append("shared")
        except FileNotFoundError:
            seen.append("gone")

    with locked_directory(directory, 0):
        thread = threading.Thread(target=share)
        thread.start()
        sharing.wait()
        directory.rename(tmp_path / "new")
    thread.join()
    assert seen == ["gone"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away: run as root")
def test_what_root_makes_in_a_users_directory_is_the_users(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 1234, 1235)
    cache = home / ".cache" / "testbed"
    with locked_directory(cache, 1.0):
        pass
    for made in (cache.parent, cache):
        assert (made.stat().st_uid, made.stat().st_gid) == (1234, 1235)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


HOLDS = """
import sys
from pathlib import Path
from testbed.host.lock import hold_directory
hold_directory(Path(sys.argv[1]), lambda: print("waits", flush=True))
print("holds", flush=True)
sys.stdin.read()
print("ends", flush=True)
"""


def test_the_second_holder_waits_until_the_first_has_ended(tmp_path: Path) -> None:
    """Both write into one pipe, so that their order is seen."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path / "engine")]
    reader, writer = os.pipe()

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=writer, cwd=ROOT)

    with os.fdopen(reader) as said, start() as first:
        assert said.readline() == "holds\n"
        with start() as second:
            os.close(writer)
            assert said.readline() == "waits\n"
            first.communicate()
            assert said.readline() == "ends\n"
            assert said.readline() == "holds\n"
            second.kill()
