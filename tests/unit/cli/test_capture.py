"""`capture` of one node is tcpdump there; of several it needs somewhere to write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from testbed.cli import access as command
from testbed.cli.main import app
from testbed.errors import TestbedError
from testbed.lab.access import capture, inside
from testbed.lab.access.taps import Tap
from tests.paper_plan import paper_plan

ALWAYS = ["tcpdump", "-Z", "root", "-n", "-i"]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is run, in place of running it."""
    seen: list[object] = []

    def together(_: object, taps: list[Tap], filter_: list[str], __: object) -> int:
        seen.append((taps, filter_))
        return 0

    monkeypatch.setattr(command, "enter", lambda _: paper_plan())
    monkeypatch.setattr(inside, "replace_process", lambda _, *words, **__: seen.append(words))
    monkeypatch.setattr(capture, "capture", together)
    return seen


def typed(*words: str) -> object:
    return CliRunner().invoke(app, ["capture", *words], catch_exceptions=False).exit_code


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["r3"], ["any", "-l"]),
        (["r3", "-w", "-"], ["any", "-U", "-w", "-"]),
        (["r3", "-i", "r3-r4", "icmp6"], ["r3-r4", "-l", "icmp6"]),
        (["r3", "--", "tcp[13] & 2 != 0"], ["any", "-l", "tcp[13] & 2 != 0"]),
        (["r3:r3-r4"], ["r3-r4", "-l"]),
    ],
)
def test_one_node_is_tcpdump_there(ran: list[object], words: list[str], options: list[str]) -> None:
    assert typed(*words) == 0
    assert ran == [("r3", [*ALWAYS, *options])]


def test_the_file_of_one_node_is_opened_here(
    ran: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """tcpdump is root: a file that it makes would be root's."""
    seen: list[str] = []
    monkeypatch.setattr(
        os, "dup2", lambda old, new: seen.append(f"{Path(f'/proc/self/fd/{old}').readlink()} {new}")
    )
    file = tmp_path / "x.pcap"
    assert typed("r3", "-w", str(file), "host", "r6") == 0
    assert ran == [("r3", [*ALWAYS, "any", "-U", "-w", "-", "host", "r6"])]
    assert seen == [f"{file} 1"]


def test_several_are_written_together(ran: list[object], tmp_path: Path) -> None:
    assert typed("r3", "r6:r6-r8", "icmp6", "-w", str(tmp_path / "x.pcapng")) == 0
    assert ran == [([Tap("r3", "any"), Tap("r6", "r6-r8")], ["icmp6"])]


def test_several_are_not_printed(ran: list[object]) -> None:
    with pytest.raises(TestbedError, match="not printed as text"):
        typed("r3", "r6")
    assert ran == []
