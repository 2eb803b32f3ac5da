"""A crate that is passed on arrives as it was, or is refused; nothing of it lands elsewhere."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.records.archive import export, take_in
from testbed.records.crate import METADATA
from testbed.records.store import Store
from tests.unit.records.recorded import START, going_on, leave_files, make_run, outcome, record

Files = dict[str, bytes]


@pytest.fixture
def here(tmp_path: Path) -> Store:
    return Store(tmp_path / "here")


@pytest.fixture
def there(tmp_path: Path) -> Store:
    return Store(tmp_path / "there")


@pytest.fixture
def crate(here: Store, tmp_path: Path) -> Path:
    """An exported run."""
    make_run(here, record("one"), outcome())
    file = tmp_path / "one.crate.zip"
    export(here.find("one"), file)
    return file


def files_in(directory: Path) -> Files:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_a_run_arrives_as_it_was(here: Store, there: Store, crate: Path) -> None:
    assert take_in(crate, there, START) == ("one", True)
    [run] = there.runs()
    assert (run.standing, run.record) == ("finished", here.find("one").record)
    assert files_in(run.path) == files_in(here.directory / "one")


def test_taken_in_again_it_is_there_already(there: Store, crate: Path) -> None:
    take_in(crate, there, START)
    assert take_in(crate, there, START) == ("one", False)
    assert len(there.runs()) == 1


def test_another_run_of_that_name_stays(there: Store, crate: Path) -> None:
    make_run(there, record("one"), outcome("te-bgp"))
    assert take_in(crate, there, START) == ("one-2", True)
    assert [run.record.outcomes[0].name for run in there.runs()] == ["te-bgp", "smoke"]


def test_a_run_that_was_pruned_comes_back(there: Store, crate: Path) -> None:
    take_in(crate, there, START)
    there.prune(there.find("one"), START)
    name, is_new = take_in(crate, there, START)
    assert is_new
    assert there.find(name).standing == "finished"


def test_equal_runs_give_equal_bytes(here: Store, crate: Path, tmp_path: Path) -> None:
    export(here.find("one"), tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == crate.read_bytes()


def test_secrets_do_not_leave(here: Store, there: Store, tmp_path: Path) -> None:
    with going_on(here, record("one")) as recorder:
        leave_files(here.directory / "one")
        (here.directory / "one/smoke/kubeconfig").write_text("client-key-data: x\n")
        recorder.add(outcome())
    export(here.find("one"), tmp_path / "x.zip")
    assert not any("kubeconfig" in name for name in zipfile.ZipFile(tmp_path / "x.zip").namelist())
    take_in(tmp_path / "x.zip", there, START)
    assert there.find("one").record.left_out == ("smoke/kubeconfig",)


def test_a_run_that_changed_since_is_not_exported(here: Store, tmp_path: Path) -> None:
    directory = make_run(here, record("one"))
    (directory / "smoke/result.json").write_text('{"verdict": "pass"}\n')
    (directory / "smoke/a path.pcapng").unlink()
    with pytest.raises(TestbedError) as refused:
        export(here.find("one"), tmp_path / "x.zip")
    assert "smoke/result.json has SHA-256" in str(refused.value)
    assert "smoke/a path.pcapng is missing" in str(refused.value)
    assert not (tmp_path / "x.zip").exists()


def test_one_without_a_crate_is_not_exported(here: Store, tmp_path: Path) -> None:
    (here.directory / "20251231-235959").mkdir(parents=True)
    with pytest.raises(TestbedError, match="has no crate"):
        export(here.find("20251231-235959"), tmp_path / "x.zip")
    make_run(here, record("one"))
    here.prune(here.find("one"), START)
    with pytest.raises(TestbedError) as refused:
        export(here.find("one"), tmp_path / "x.zip")
    assert "its evidence is gone" in str(refused.value)


def rewrite(crate: Path, change: Callable[[Files], None]) -> None:
    """The same archive with other files."""
    with zipfile.ZipFile(crate) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(crate, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def edit(files: Files) -> None:
    files["one/smoke/result.json"] = b"{ }"


def lengthen(files: Files) -> None:
    files["one/smoke/result.json"] += b" " * 5_000_000


def lose(files: Files) -> None:
    del files["one/smoke/result.json"]


def smuggle(files: Files) -> None:
    files["one/smoke/more"] = b"x"


def lie_beside(files: Files) -> None:
    files["two/x"] = b"x"


def climb(files: Files) -> None:
    files["one/../../escaped"] = b"x"


def root_it(files: Files) -> None:
    files["/tmp/escaped"] = b"x"


def list_outside(files: Files) -> None:
    metadata = json.loads(files[f"one/{METADATA}"])
    one = next(e for e in metadata["@graph"] if e["@id"] == "smoke/result.json")
    one["@id"] = "../escaped"
    files[f"one/{METADATA}"] = json.dumps(metadata).encode()


def rename_run(files: Files) -> None:
    text = files[f"one/{METADATA}"].decode()
    files[f"one/{METADATA}"] = text.replace(r"\"run\":\"one\"", r"\"run\":\"../escaped\"").encode()


def lose_metadata(files: Files) -> None:
    del files[f"one/{METADATA}"]


def change_a_digest(files: Files) -> None:
    metadata = json.loads(files[f"one/{METADATA}"])
    one = next(e for e in metadata["@graph"] if e["@id"] == "smoke/result.json")
    one["sha256"] = "0" * 64
    files[f"one/{METADATA}"] = json.dumps(metadata).encode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (edit, "smoke/result.json has SHA-256"),
        (lengthen, "smoke/result.json has not the 3 bytes"),
        (lose, "smoke/result.json is missing"),
        (smuggle, f"smoke/more is in it, and {METADATA} does not list it"),
        (lie_beside, "two/x is beside the crate"),
        (climb, "'one/../../escaped' is no path inside the crate"),
        (root_it, "'/tmp/escaped' is no path inside the crate"),
        (list_outside, "'../escaped' is no path inside the crate"),
        (rename_run, "not the record of a run"),
        (lose_metadata, f"it has no {METADATA}"),
        (change_a_digest, "recorded was 000000000000…"),
    ],
)
def test_a_crate_that_was_changed_is_refused(
    crate: Path, there: Store, tmp_path: Path, change: Callable[[Files], None], words: str
) -> None:
    rewrite(crate, change)
    before = files_in(tmp_path)
    with pytest.raises(TestbedError) as refused:
        take_in(crate, there, START)
    assert words in str(refused.value)
    assert str(crate) in str(refused.value)
    assert files_in(tmp_path) == before, "nothing is kept of it"
    assert there.runs() == []


def test_a_link_is_refused(crate: Path, there: Store) -> None:
    with zipfile.ZipFile(crate, "a") as archive:
        link = zipfile.ZipInfo("one/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(TestbedError) as refused:
        take_in(crate, there, START)
    assert "one/link is a link" in str(refused.value)


def test_a_file_that_is_there_twice_is_refused(crate: Path, there: Store) -> None:
    with (
        zipfile.ZipFile(crate, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("one/smoke/result.json", "{}\n")
    with pytest.raises(TestbedError, match="not as its run left it"):
        take_in(crate, there, START)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive", b"PK\x03\x04" + b"\0" * 40])
def test_what_is_no_archive_is_said(there: Store, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(TestbedError, match="not an intact ZIP file"):
        take_in(tmp_path / "x.zip", there, START)


def test_an_archive_that_is_damaged_is_said(crate: Path, there: Store) -> None:
    data = bytearray(crate.read_bytes())
    middle = data.index(b"a path.pcapng") + len(b"a path.pcapng") + 20
    data[middle] ^= 0xFF
    crate.write_bytes(data)
    with pytest.raises(TestbedError):
        take_in(crate, there, START)
    assert there.runs() == []


def test_a_crate_without_a_folder_of_its_own_is_taken(crate: Path, there: Store) -> None:
    """As other tools pack one."""

    def flatten(files: Files) -> None:
        for name in list(files):
            files[name.removeprefix("one/")] = files.pop(name)

    rewrite(crate, flatten)
    assert take_in(crate, there, START) == ("one", True)
