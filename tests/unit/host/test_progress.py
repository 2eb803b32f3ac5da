"""Progress: lines on stderr for people, JSON lines for programs, the failing step marked."""

from __future__ import annotations

import json
import re

import pytest

from testbed.host.progress import Event, Progress, read_steps


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


def test_a_part_of_a_step_is_said_and_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    with progress.step("2 virtual machines"):
        progress.arrived("worker1 reachable", 12.34)
    first, second = capsys.readouterr().err.splitlines()
    assert first == "  worker1 reachable (12.3 s)"
    assert re.fullmatch(r"✓ 2 virtual machines \(\d+\.\d s\)", second)
    assert [name for name, _ in progress.steps] == ["2 virtual machines"]


def test_json_lines_have_id_title_and_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(quiet=True, style="json")
    with progress.step("27 nodes (and 29 links)", "network"):
        progress.note("a note")
        progress.arrived("worker1 reachable", 12.34)
    said = capsys.readouterr().err
    events = [json.loads(line) for line in said.splitlines()]
    assert [(e["event"], e["id"], e["title"]) for e in events] == [
        ("started", "network", "27 nodes (and 29 links)"),
        ("note", "network", "a note"),
        ("part", "network", "worker1 reachable"),
        ("done", "network", "27 nodes (and 29 links)"),
    ]
    assert events[2]["seconds"] == 12.34 and "seconds" not in events[0]
    ((title, seconds),) = read_steps(f"some other line\n{said}").values()
    assert title == "27 nodes (and 29 links)" and seconds >= 0


def test_a_failed_step_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), Progress(style="json").step("links"):
        raise SystemExit
    said = capsys.readouterr().err
    assert read_steps(said) == {}
    events = [event for line in said.splitlines() if (event := Event.of_line(line))]
    assert len(events) == len(said.splitlines())
    assert [event.event for event in events] == ["started", "failed"]


def test_other_lines_are_no_events() -> None:
    assert Event.of_line("✓ links (0.1 s)") is None
    assert Event.of_line('{"event": "done"') is None
    assert Event.of_line('{"event": "done", "colour": 1}') is None
