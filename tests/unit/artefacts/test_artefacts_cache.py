"""The cache notices what changed in it, cheaply at each use and fully on demand."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from testbed.artefacts import ensure, listing, program, verify
from testbed.errors import CheckFailed, MachineUnfit, TestbedError
from tests.unit.artefacts.artefacts_mirror import Mirror


def _same_length_other_content(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(bytes(content))


def test_absent(cache_dir: Path) -> None:
    with pytest.raises(MachineUnfit, match=r"gobgpd 4\.8\.0 is not here yet") as caught:
        program("gobgpd")
    assert caught.value.fix == "testbed artefacts fetch"
    assert not cache_dir.exists()  # asking leaves nothing
    assert listing()[0]["state"] == "absent"


@pytest.mark.usefixtures("cache_dir")
def test_unknown_program() -> None:
    with pytest.raises(TestbedError, match="no artefact holds 'quagga'"):
        program("quagga")


@pytest.mark.usefixtures("mirror")
def test_damage_is_found_at_use() -> None:
    path = ensure(["gobgp"])["gobgpd"]
    _same_length_other_content(path)
    with pytest.raises(CheckFailed, match="not what was put there"):
        program("gobgpd")
    assert listing()[0]["state"] == "damaged"


@pytest.mark.usefixtures("mirror")
def test_damage_with_old_times_is_found_by_verify() -> None:
    path = ensure(["gobgp"])["gobgpd"]
    before = path.stat()
    _same_length_other_content(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert program("gobgpd") == path  # unread: this is what makes each use cheap
    error = dict(verify())["gobgp"]
    assert error is not None and error.exit_code == 1


@pytest.mark.usefixtures("mirror")
def test_touched_file_is_read_and_accepted() -> None:
    path = ensure(["gobgp"])["gobgpd"]
    os.utime(path)
    assert program("gobgpd") == path
    assert dict(verify())["gobgp"] is None


@pytest.mark.usefixtures("mirror")
def test_changed_sums_do_not_help() -> None:
    import hashlib

    path = ensure(["gobgp"])["gobgpd"]
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    _same_length_other_content(path)
    sums = path.with_name("SHA256SUMS")
    new = hashlib.sha256(path.read_bytes()).hexdigest()
    sums.write_text(sums.read_text().replace(old, new))
    with pytest.raises(CheckFailed, match="missing or changed"):
        program("gobgpd")


@pytest.mark.usefixtures("mirror")
def test_removed_program() -> None:
    ensure(["gobgp"])["gobgp"].unlink()
    with pytest.raises(CheckFailed, match="missing from the cache"):
        program("gobgpd")


@pytest.mark.usefixtures("mirror")
def test_forced_fetch_heals() -> None:
    path = ensure(["gobgp"])["gobgpd"]
    _same_length_other_content(path)
    assert ensure(["gobgp"], force=True)["gobgpd"] == path
    assert dict(verify())["gobgp"] is None


@pytest.mark.usefixtures("mirror")
def test_nothing_is_left_beside_the_objects(cache_dir: Path) -> None:
    ensure(["gobgp"])
    ensure(["gobgp"], force=True)
    assert len(list((cache_dir / "objects").iterdir())) == 1
    assert list((cache_dir / "downloads").iterdir()) == []
    assert not list(cache_dir.glob(".work-*"))


@pytest.mark.usefixtures("mirror")
def test_broken_record_means_absent(cache_dir: Path) -> None:
    ensure(["gobgp"])
    [record] = (cache_dir / "held").iterdir()
    record.write_text("[]")
    with pytest.raises(MachineUnfit):
        program("gobgpd")


def test_concurrent_fetches_ask_once(mirror: Mirror) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: ensure(["gobgp"]), range(3)))
    assert len(mirror.asked_for(".tar.gz")) == 1


@pytest.mark.usefixtures("mirror")
def test_what_a_killed_run_left_is_removed(cache_dir: Path) -> None:
    left = [cache_dir / ".work-x", cache_dir / "objects" / ".new-x"]
    for directory in left:
        directory.mkdir(parents=True)
    ensure(["gobgp"])
    assert not any(directory.exists() for directory in left)


@pytest.mark.usefixtures("mirror")
def test_full_disk_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/cache/new")

    monkeypatch.setattr("testbed.artefacts.cache.add", full)
    with pytest.raises(TestbedError, match="fetching GoBGP failed") as caught:
        ensure(["gobgp"])
    assert caught.value.exit_code == 4
