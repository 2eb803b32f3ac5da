"""What `testbed diff` prints for people, and how it ends."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from testbed.cli.main import app
from testbed.records.store import Store
from testbed.report import tables
from tests.schemas import check
from tests.unit.cli.said import said
from tests.unit.replay.pairs import Run, pair

RATES = [9e9, 9.1e9, 9.2e9]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_STATE", str(tmp_path))


@pytest.fixture
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns, no colour."""
    monkeypatch.setattr(tables, "_is_terminal", lambda: True)
    monkeypatch.setattr(tables, "is_colourful", lambda _: False)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_: os.terminal_size((80, 24)))


def worse(run: Run) -> None:
    """Failed, slower, and on another kernel."""
    run.verdict, run.gaps = "fail", (2.0,)
    run.rates = [0.7 * rate + 1e6 * n for n, rate in enumerate(run.rates)]
    run.environment["kernel"] = {
        "release": "6.12",
        "config": [f"CONFIG_HZ_{n}=y" for n in range(9)],
    }


@pytest.mark.usefixtures("_terminal")
@pytest.mark.parametrize("rates", [(), RATES])
def test_it_fits_80_columns(tmp_path: Path, rates: list[float]) -> None:
    pair(tmp_path, worse, of=rates)
    lines = said("diff", "a", "b").splitlines()
    assert max(map(len, lines)) <= 80
    text = " ".join(" ".join(lines).split())
    assert "kernel: the kernel is another: CONFIG_HZ=250, set → not there, and 10 more" in text
    assert "7 more of kernel: -o wide" in text


def test_wide_has_everything(tmp_path: Path) -> None:
    pair(tmp_path, worse)
    text = said("diff", "a", "b", "-o", "wide")
    assert "CONFIG_HZ_8=y" in text
    assert "-o wide" not in text


def test_the_exit_code_is_git_s(tmp_path: Path) -> None:
    pair(tmp_path, worse)
    for words, code in (([], 0), (["--exit-code"], 1)):
        assert CliRunner().invoke(app, ["diff", "a", "b", *words]).exit_code == code
    assert CliRunner().invoke(app, ["diff", "a", "a", "--exit-code"]).exit_code == 0


def test_the_two_last_runs_are_the_usual_ones(tmp_path: Path) -> None:
    store = pair(tmp_path, worse)
    names = [run.name for run in store.runs()]
    lines = said("diff").splitlines()
    assert [line.split()[1] for line in lines[:2]] == names


def test_yaml_agrees_with_the_schema(tmp_path: Path) -> None:
    pair(tmp_path, worse, of=RATES)
    check("diff", YAML(typ="safe").load(said("diff", "a", "b", "-o", "yaml")))


def test_an_edited_run_is_refused(tmp_path: Path) -> None:
    store: Store = pair(tmp_path, worse)
    (store.find("a").path / "environment.json").write_text("{}")
    refused = CliRunner().invoke(app, ["diff", "a", "b"])
    assert "environment.json has SHA-256" in str(getattr(refused.exception, "why", ""))
    assert CliRunner().invoke(app, ["diff", "a", "b", "--even-so"]).exit_code == 0
