"""Progress lines: on stderr, plain without a terminal, the failing step marked."""

from __future__ import annotations

import re

import pytest

from testbed.lab.up.progress import Progress, told


def test_a_step_is_said_when_done(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    with progress.step("links"):
        assert capsys.readouterr().err == ""
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"✓ links \(\d+\.\d s\)\n", err)
    assert [name for name, _ in progress.steps] == ["links"]


def test_a_failing_step_is_marked_even_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(quiet=True)
    with progress.step("fine"):
        pass
    with pytest.raises(SystemExit), progress.step("links"):
        raise SystemExit
    progress.note("nobody reads this")
    assert re.fullmatch(r"✗ links \(\d+\.\d s\)\n", capsys.readouterr().err)
    assert [name for name, _ in progress.steps] == ["fine"]


def test_what_a_step_said_can_be_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress().step("27 nodes (and 29 links)"):
        pass
    (line,) = capsys.readouterr().err.splitlines()
    said = told(line)
    assert said is not None
    assert said[0] == "27 nodes (and 29 links)"
    assert told("  a note (1.0 s)") is None


def test_a_part_of_a_step_is_said_and_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    with progress.step("2 virtual machines"):
        progress.arrived("worker1 reachable", 12.34)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "  worker1 reachable (12.3 s)"
    assert told(first) is None
    assert re.fullmatch(r"✓ 2 virtual machines \(\d+\.\d s\)", second)
    assert [name for name, _ in progress.steps] == ["2 virtual machines"]
