"""Without root: what is on record is read, and what is inside a lab says that it needs root."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from testbed.cli import common
from testbed.cli.main import app
from testbed.errors import MachineUnfit, TestbedError
from testbed.host import labs
from tests.repository import ROOT
from tests.shipped_plans import shipped_plan

POLICY = str(ROOT / "scenarios/policies/all-paths.yaml")
READS_THE_RECORD = (
    ["ls"],
    ["graph", "-n", "mine"],
    ["policy", "explain", "-f", POLICY, "-n", "mine"],
    ["run", "--list"],
)
ENTERS = (
    ["status"],
    ["wait"],
    ["policy", "list"],
    ["pod", "list"],
    ["logs"],
    ["events"],
    ["image", "list"],
    ["netpol", "explain", "a", "b", "80"],
    ["exec", "r1", "true"],
    ["path", "worker1", "worker2"],
)


def run(words: Sequence[str]) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> labs.LabDir:
    """A living lab's record, seen by a user of a machine without sudo."""
    monkeypatch.setattr(labs, "LABS", tmp_path)
    monkeypatch.setattr(labs.LabDir.__init__, "__defaults__", (tmp_path,))
    monkeypatch.setattr(labs.LabDir, "init_pid", lambda _: 7)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda _: None)
    record = labs.lab_dir("mine")
    record.path.mkdir(mode=0o711)
    record.plan_file.write_text(shipped_plan("full").model_dump_json())
    return record


@pytest.mark.parametrize("words", READS_THE_RECORD, ids=" ".join)
def test_what_is_on_record_needs_no_root(words: list[str]) -> None:
    done = run(words)
    assert done.exit_code == 0, done.exception
    assert done.stdout


@pytest.mark.parametrize("words", ENTERS, ids=" ".join)
def test_what_is_inside_a_lab_says_that_it_needs_root(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTBED_NAME", "mine")
    error = run(words).exception
    assert isinstance(error, MachineUnfit) and error.exit_code == 4
    assert error.what == "this command needs root, and there is no sudo"


def test_sudo_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/sudo")
    monkeypatch.setattr(os, "spawnv", lambda *_: 1)
    error = run(["status", "-n", "mine"]).exception
    assert isinstance(error, MachineUnfit) and error.exit_code == 4
    assert error.what == "this command needs root, and sudo refused"


@pytest.mark.parametrize("words", ENTERS, ids=" ".join)
def test_nobody_is_asked_for_a_password_for_a_lab_that_is_not_there(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESTBED_NAME", "nobodys")
    monkeypatch.setattr(labs.LabDir, "init_pid", lambda _: None)
    monkeypatch.setattr(common, "need_root", lambda: pytest.fail("asks for root"))
    error = run(words).exception
    assert isinstance(error, TestbedError)
    assert str(error).startswith("lab 'nobodys' is not up")
