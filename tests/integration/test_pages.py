"""The pages are true: files are written, commands run, and the output is as they show it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.page_reader import Reader
from tests.pages import Command, Shown, steps
from tests.repository import ROOT

pytestmark = pytest.mark.root

LIGHT = "testbed up full --cluster none"
KUBERNETES = "testbed up full"
# Each page that can be followed without virtual machines, and what its reader has done before.
PAGES = {
    "README.md": [KUBERNETES],
    "docs/tour.md": [],
    "docs/topologies.md": [],
    "docs/scenarios.md": [LIGHT],
    "docs/policies.md": [LIGHT],
    "docs/kubernetes.md": [],
}


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


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_true(reader: Reader, page: str) -> None:
    followed: list[Command] = []
    for step in steps((ROOT / page).read_text()):
        if isinstance(step, Shown):
            (reader.directory / step.name).write_text(step.text)
        else:
            followed.append(step)
    assert reader.wrong(page, followed, before=PAGES[page]) == ""
