"""Colours are for people at a terminal who want them."""

from __future__ import annotations

import io

import pytest

from testbed.cli.common import fail
from testbed.errors import TestbedError
from testbed.host.progress import Progress
from testbed.host.terminal import is_colourful
from testbed.report.tables import show_table


class Terminal(io.StringIO):
    """What is written to a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("value", "colours"), [(None, True), ("", True), ("1", False)])
def test_no_color_is_honoured_if_it_is_not_empty(
    monkeypatch: pytest.MonkeyPatch, value: str | None, colours: bool
) -> None:
    """As no-color.org has it."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    assert is_colourful(Terminal()) is colours
    assert not is_colourful(io.StringIO())


@pytest.mark.parametrize("colours", [True, False])
def test_all_that_is_coloured_asks_first(monkeypatch: pytest.MonkeyPatch, colours: bool) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not colours:
        monkeypatch.setenv("NO_COLOR", "1")
    out, err = Terminal(), Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    with Progress().step("links"):
        pass
    with pytest.raises(SystemExit):
        fail(TestbedError("no lab"))
    show_table(None, ["name"], [["r1"]], False)
    for stream in (out, err):
        assert ("\033" in stream.getvalue()) is colours
