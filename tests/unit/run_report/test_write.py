"""A report is written anew without a trace of the earlier one, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed.cli.main import app
from testbed.errors import TestbedError
from testbed.run_report.contents import Contents
from testbed.run_report.write import write
from tests.unit.run_report.conftest import Made
from tests.unit.run_report.synthetic import cases, evaluation


def test_an_earlier_report_goes_and_other_files_stay(made: Made, tmp_path: Path) -> None:
    write(made.contents, tmp_path, "both", "")
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "figures/mine.svg").write_text("mine")
    write(Contents(made.contents.sources[:1], {}), tmp_path, "one", "")
    there = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    listed = set(json.loads((tmp_path / "report.json").read_text())["files"])
    assert there == listed | {"mine.txt", "figures/mine.svg"}
    assert not any("topology" in name for name in there)


def test_what_an_altered_summary_lists_elsewhere_stays(made: Made, tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "precious"
    out.mkdir()
    outside.write_text("mine")
    files = ["../precious", "figures/../../precious", str(outside)]
    (out / "report.json").write_text(json.dumps({"files": files}))
    write(made.contents, out, "both", "")
    assert outside.read_text() == "mine"


def test_the_same_runs_give_the_same_files(made: Made, tmp_path: Path) -> None:
    write(made.contents, tmp_path / "report", "Report of both", "0123456789ab")
    for file in sorted((made.directory / "figures").iterdir()):
        assert (tmp_path / "report/figures" / file.name).read_bytes() == file.read_bytes(), (
            file.name
        )


def test_a_report_is_no_part_of_the_evidence(made: Made, tmp_path: Path) -> None:
    evaluation(tmp_path / "run", cases("veth"), 1)
    with pytest.raises(TestbedError, match="is the directory of a run"):
        write(made.contents, tmp_path / "run", "both", "")


def test_the_command_says_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path / "state"))
    evaluation(tmp_path / "run", cases("veth", "none"), 3)
    done = CliRunner().invoke(app, ["report", str(tmp_path / "run"), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    samples = 4 * len(cases("veth", "none"))
    figures = len(list((tmp_path / "out/figures").glob("*.pdf")))
    assert done.output == (
        f"{tmp_path}/out/index.html: 1 run, {samples} samples, {figures} figures\n"
    )


def test_a_place_that_takes_no_files_is_said(tmp_path: Path) -> None:
    evaluation(tmp_path / "run", cases("veth"), 3)
    (tmp_path / "file").touch()
    out = tmp_path / "file/report"
    done = CliRunner().invoke(app, ["report", str(tmp_path / "run"), "-o", str(out)])
    assert isinstance(done.exception, TestbedError)
    assert "cannot be written" in done.exception.what
    assert done.exception.fix == "choose another place"
