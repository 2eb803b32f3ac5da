"""What is said of runs that are not there, and of crates: the fix is done, and helps."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.records.archive import export, take_in
from testbed.records.claims.page import BEGIN, END
from testbed.records.crate import METADATA
from testbed.records.store import Store
from tests.unit.cli.said import said
from tests.unit.fixes.applied import is_printed_by, suggested
from tests.unit.records.recorded import START, going_on, make_run, outcome, record

STORE = "testbed/records/store.py: "
CRATE = "testbed/records/crate.py: "
ARCHIVE = "testbed/records/archive.py: "


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """With two runs, of 1 and 2 January."""
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "state"))
    store = Store(tmp_path / "state/runs")
    make_run(store, record("20260101-000000"))
    make_run(store, record("20260102-000000", days=1))
    return store


def refusal(*words: str | Path) -> TestbedError:
    with pytest.raises(TestbedError) as refused:
        said(*map(str, words))
    return refused.value


def test_a_run_whose_name_is_misspelt(store: Store) -> None:
    fix = refusal("runs", "show", "20260101-00000O").fix
    assert is_printed_by(STORE + "did you mean {by_lower[near[0]]}?", fix)
    assert store.find(suggested(fix or "")).name == "20260101-000000"


def test_a_name_that_is_none_or_several(store: Store) -> None:
    fix = refusal("runs", "show", "2026").fix
    assert is_printed_by(STORE + "there are: {', '.join(names[-5:])}", fix)
    assert store.find((fix or "").split(", ")[-1])


def test_a_run_that_is_going_on(store: Store) -> None:
    key = STORE + "wait until it has ended, or leave it out"
    with going_on(store, record("now", days=2)):
        error = refusal("runs", "prune", "now", "20260101")
        assert is_printed_by(key, error.fix)
        said("runs", "prune", "20260101")
    said("runs", "prune", "now")
    assert [run.standing for run in store.runs()] == ["pruned", "finished", "pruned"]


@pytest.mark.usefixtures("store")
def test_nothing_that_was_named_to_prune() -> None:
    error = refusal("runs", "prune")
    assert is_printed_by("testbed/cli/runs.py: testbed runs prune --keep 20", error.fix)
    said(*(error.fix or "").split()[1:])


def test_a_file_of_another_kind(store: Store, tmp_path: Path) -> None:
    """Absent, no archive, or an archive that is no crate: an export is taken."""
    absent, text, other = tmp_path / "absent.zip", tmp_path / "a.txt", tmp_path / "other.zip"
    text.write_text("x")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr(METADATA, "{}")
    for file, key in (
        (absent, "testbed/cli/runs.py: give what `testbed runs export` wrote"),
        (text, ARCHIVE + "give what `testbed runs export` wrote"),
        (other, CRATE + "give what `testbed runs export` wrote"),
    ):
        error = refusal("runs", "import", file)
        assert is_printed_by(key, error.fix)
    words = re.findall(r"`testbed (.*?)`", error.fix or "")[0].split()
    said(*words, "-o", str(tmp_path / "x.zip"))
    assert take_in(tmp_path / "x.zip", store, START) == ("20260102-000000", False)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (
            "../smoke/result.json",
            CRATE
            + "do not use it; take it anew from `testbed runs export`, where the run was made",
        ),
        ("absent", CRATE + "take it anew from `testbed runs export`, where the run was made"),
    ],
)
def test_a_crate_that_was_changed(store: Store, tmp_path: Path, path: str, key: str) -> None:
    file, there = tmp_path / "x.zip", Store(tmp_path / "there")
    export(store.find("latest"), file)
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content.replace(b'"smoke/result.json"', f'"{path}"'.encode()))
    with pytest.raises(TestbedError) as refused:
        take_in(file, there, START)
    assert is_printed_by(key, refused.value.fix)
    said("runs", "export", "latest", "-o", str(file))
    assert take_in(file, there, START) == ("20260102-000000", True)


def test_a_journal_that_was_changed_by_hand(store: Store) -> None:
    key = "testbed/records/record.py: it was changed by hand: restore it, or remove it"
    lines = store.journal.read_text().splitlines(keepends=True)
    store.journal.write_text(lines[0].replace('"began"', '"begun"') + "".join(lines[1:]))
    error = refusal("runs", "list")
    assert is_printed_by(key, error.fix)
    number = int((error.where or "").rpartition(":")[2])
    store.journal.write_text("".join(lines[: number - 1] + lines[number:]))
    assert len(json.loads(said("runs", "list", "-o", "json"))) == 2


def test_an_older_run_has_no_crate(store: Store, tmp_path: Path) -> None:
    key = ARCHIVE + "run it again; older testbeds kept none"
    (store.directory / "20251231-000000").mkdir()
    error = refusal("runs", "export", "20251231", "-o", tmp_path / "x.zip")
    assert is_printed_by(key, error.fix)
    make_run(store, record("again", days=3), outcome())
    said("runs", "export", "again", "-o", str(tmp_path / "x.zip"))


def test_a_ledger_that_is_damaged(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (
        "testbed/records/claims/page.py: restore it; or remove it, and "
        "run `testbed claims --write docs/claims.md`"
    )
    assert store.runs()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/claims.md").write_text(f"{BEGIN} -->\n{END}\n")
    (tmp_path / "docs/claims-ledger.json").write_text("{")
    error = refusal("claims", "--write", "docs/claims.md")
    assert is_printed_by(key, error.fix)
    Path(error.where or "").unlink()
    said(*re.findall(r"`testbed (.*?)`", error.fix or "")[0].split())
    assert "smoke pass" in (tmp_path / "docs/claims.md").read_text()


def test_a_page_without_a_place_for_the_ledger(store: Store, tmp_path: Path) -> None:
    key = "testbed/records/claims/page.py: put a line {BEGIN} --> and a line {END} where it belongs"
    assert store.runs()
    page = tmp_path / "claims.md"
    page.write_text("# Claims\n")
    error = refusal("claims", "--write", page)
    assert is_printed_by(key, error.fix)
    page.write_text("\n".join(re.findall(r"<!--.*?-->", error.fix or "")) + "\n")
    said("claims", "--write", str(page))
    assert "smoke pass" in page.read_text()
