"""Commands hand what they write to the user who called sudo: each on its own way to a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed.cli import access, bench, collect, parity, run
from testbed.cli.main import app
from testbed.host import for_caller
from testbed.records import source
from testbed.records.source import Source
from testbed.scenario.run import both, runner
from tests.paper_plan import paper_plan

USER = (4321, 8765)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of files and directories that were handed over."""
    seen: set[str] = set()
    monkeypatch.setattr(for_caller, "caller", lambda: USER)
    monkeypatch.setattr(os, "chown", lambda path, *_, **__: seen.add(path.name))
    monkeypatch.setattr(
        os, "fchown", lambda fd, *_: seen.add(Path(f"/proc/self/fd/{fd}").readlink().name)
    )
    return seen


def call(*words: str | Path) -> int:
    return CliRunner().invoke(app, list(map(str, words))).exit_code


@pytest.mark.parametrize("name", ["x.svg", "x.dot", "x.png"])
def test_graph(given: set[str], tmp_path: Path, name: str) -> None:
    assert call("graph", "basic", "-o", tmp_path / name) == 0
    assert given == {name}


def test_render(given: set[str], tmp_path: Path) -> None:
    assert call("render", "basic", "--out", tmp_path / "out") == 0
    made = {path.name for path in (tmp_path / "out").rglob("*")} | {"out"}
    assert len(made) > 5
    assert given == made


def test_capture_of_one_node(
    given: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from testbed.lab.access import inside

    monkeypatch.setattr(access, "enter", lambda _: paper_plan())
    monkeypatch.setattr(inside, "replace_process", lambda *_, **__: None)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert call("capture", "r3", "-w", tmp_path / "x.pcap") == 0
    assert given == {"x.pcap"}


def test_bench(given: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from testbed.bench import suite

    monkeypatch.setattr(bench, "need_root", lambda: None)
    monkeypatch.setattr(suite, "run", lambda *_: "figures\n")
    assert call("bench", "-o", tmp_path / "figures.md") == 0
    assert given == {"figures.md"}
    assert (tmp_path / "figures.md").read_text() == "figures\n"


def test_collect(given: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "need_root", lambda: None)
    monkeypatch.setattr(collect, "_gather", lambda _, report: (report / "a").touch())
    assert call("collect", "-o", tmp_path / "report.tar.gz") == 0
    assert given == {"report.tar.gz"}
    assert call("collect", "-o", tmp_path / "absent" / "report.tar.gz") != 0


def test_a_run_that_is_broken_off(
    given: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        (tmp_path / "evidence" / "smoke").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(source, "read_source", Source)
    monkeypatch.setattr(run, "need_root", lambda: None)
    monkeypatch.setattr(runner, "run", broken)
    assert call("run", "smoke", "--evidence", tmp_path / "evidence") != 0
    made = {path.name for path in (tmp_path / "evidence").rglob("*")}
    assert {"command.txt", "smoke", "ro-crate-metadata.json", "inputs"} <= made
    assert given == made | {"evidence", "state", "runs", "journal.jsonl"}


def test_a_parity_that_is_broken_off(
    given: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        (tmp_path / "evidence" / "virtual").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(parity, "need_root", lambda: None)
    monkeypatch.setattr(both, "run_both", broken)
    assert call("parity", "smoke", "--evidence", tmp_path / "evidence") != 0
    assert given == {"evidence", "virtual"}
