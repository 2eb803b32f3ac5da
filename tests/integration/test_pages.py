"""The pages are true: files are written, commands run, and the output is as they show it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.followed import BY_NIGHT, ON_NAMESPACES, is_typed
from tests.integration.page_reader import Reader
from tests.pages import Command, Shown, steps
from tests.repository import ROOT

pytestmark = pytest.mark.root


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    directory, state = tmp_path / "clone", tmp_path / "state"
    directory.mkdir()
    (directory / "scenarios").symlink_to(ROOT / "scenarios")
    found = Reader(directory, Path(sys.executable).parent)
    found.environment = {"TESTBED_NAME": found.lab("testbed"), "TESTBED_STATE": str(state)}
    found.shown_as = {str(state): "~/.local/state/testbed"}
    try:
        yield found
    finally:
        found.leave()


PAGES = [
    pytest.param(page, marks=[pytest.mark.night] if page in BY_NIGHT else [])
    for page in ON_NAMESPACES
]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_true(reader: Reader, page: str) -> None:
    followed: list[Command] = []
    for step in steps((ROOT / page).read_text()):
        if isinstance(step, Shown):
            (reader.directory / step.name).write_text(step.text)
        elif is_typed(page, step.typed):
            followed.append(step)
    assert reader.wrong(page, followed, before=ON_NAMESPACES[page]) == ""
