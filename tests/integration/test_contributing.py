"""The recipes of CONTRIBUTING.md work for who follows them to the letter, in a copy of the tree."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.copied_tree import copy_tree
from tests.integration.page_reader import Reader
from tests.recipes import PAGE, Step, recipe, titles

pytestmark = pytest.mark.root

NO_STEPS = {"add an error"}  # it needs an error first, and shows no commands


@dataclass(frozen=True)
class Edit:
    """A change that a step asks for: what goes where in the file (an expression that matches once).

    `put` has {found}, and {shown}: `words` that stand in the step's sentences in backticks, or,
    without `words`, the step's next block. `restored`: the step takes it back in the end.
    """

    file: str
    place: str
    put: str
    words: str = ""
    restored: bool = False


AFTER, BELOW, INSTEAD = "{found}, {shown}", "{found}\n{shown}", "{shown}"
EDITS = {
    ("add a topology", 3): [
        Edit(
            "tests/unit/topology/test_load.py",
            r"(?<=shipped\(\) == \[).*(?=\])",
            AFTER,
            '"triangle"',
        ),
        Edit("tests/unused_allowed.py", r"^Basic, Full, Grid, Rack, Star$", AFTER, "Triangle"),
    ],
    ("add a scenario", 4): [
        Edit(
            "scenarios/detour.py",
            r'uses_segments\("r5"\)',
            INSTEAD,
            'uses_segments("r7")',
            restored=True,
        ),
    ],
    ("add a scenario", 5): [
        Edit(
            "tests/unit/scenario/test_scenario_files.py",
            r"^EXPECTED = \{",
            "{found}\n    {shown},",
            '"detour"',
        ),
    ],
    ("add an overlay", 1): [
        Edit(
            "testbed/agent/model/overlay_names.py",
            r"^SRV6, IPIP, VXLAN, ROUTED = .*\nPOOL_MODES = .*",
            INSTEAD,
        ),
    ],
    ("add an overlay", 3): [
        Edit("testbed/agent/desired/overlays/registry.py", r"^from .*\.ipip import .*", BELOW),
        Edit("testbed/agent/desired/overlays/registry.py", r"^ *Routed\(\),", INSTEAD),
    ],
    ("add an overlay", 4): [
        Edit("testbed/object_fields/ippool.py", r'^ *honoured\("vxlanMode",.*', BELOW),
    ],
    ("add an overlay", 5): [
        Edit("tests/unit/agent/test_overlays.py", r"\Z", "\n\n{shown}\n"),
        Edit(
            "tests/unit/agent/test_contract.py",
            r'(?<=data\["overlays"\] == \[).*(?=\])',
            AFTER,
            '"isolated"',
        ),
    ],
    ("add a kind of node", 4): [
        Edit("testbed/plan/traits.py", r'^ *"namespace": .*', BELOW),
    ],
    ("add a kind of node", 5): [
        Edit(
            "testbed/providers/registry.py", r"^# By the name in `--nodes`", "{shown}\n\n\n{found}"
        ),
        Edit("testbed/providers/registry.py", r'^ *"namespace": .*', BELOW),
    ],
    ("add a kind of node", 6): [
        Edit(
            "tests/unit/providers/test_registries.py",
            r'"providers/namespaces", "providers/vagrant"',
            AFTER,
            '"providers/recorded"',
        ),
    ],
}


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    clone = tmp_path / "clone"
    copy_tree(clone)
    found = Reader(clone, clone / ".venv/bin")
    found.environment = {"TESTBED_STATE": str(tmp_path / "state")}
    try:
        yield found
    finally:
        found.leave()
        shutil.rmtree(clone)  # libraries and all: pytest keeps the directories of several runs


def test_every_recipe_is_followed() -> None:
    assert {title for title in titles() if not recipe(title)} == NO_STEPS
    numbers = {(title, step.number) for title in titles() for step in recipe(title)}
    assert set(EDITS) <= numbers, "a change to be made in a step that the page has no more"


# Half a minute each and more; that of a topology is followed by day.
BY_NIGHT = {"add an overlay", "add a kind of node", "add a scenario"}
RECIPES = [
    pytest.param(title, marks=[pytest.mark.night] if title in BY_NIGHT else [])
    for title in titles()
    if title not in NO_STEPS
]


@pytest.mark.parametrize("title", RECIPES)
def test_the_recipe_works(reader: Reader, title: str) -> None:
    for step in recipe(title):
        for file in step.files:
            path = reader.directory / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text)
        before = make_edits(reader.directory, step, EDITS.get((title, step.number), []))
        if step.commands:
            assert reader.wrong(PAGE, step.commands) == ""
        for path, text in before.items():
            path.write_text(text)
    style = [".venv/bin/ruff check -q .", ".venv/bin/ruff format -q --check ."]
    assert reader.type_all(style) == [(0, "\n"), (0, "\n")], "what `make lint` says first"


def make_edits(tree: Path, step: Step, edits: list[Edit]) -> dict[Path, str]:
    """Change the files as the step says, all of it and no more; gives what is to be restored."""
    parts, before = iter(step.parts), {}
    for edit in edits:
        path = tree / edit.file
        text = path.read_text()
        if edit.restored:
            before[path] = text
        shown = words_of(step, edit.words) or next(parts, "")
        assert shown, f"step {step.number} shows no block for {edit.file}"
        path.write_text(placed(text, edit, shown))
    assert list(parts) == [], f"step {step.number}: a block that goes nowhere"
    files = {edit.file for edit in edits}
    asked = {next((f for f in files if f.endswith(name)), name) for name in step.edited}
    assert asked == files, f"step {step.number} of the page changes other files"
    return before


def words_of(step: Step, words: str) -> str:
    assert not words or f"`{words}`" in step.prose, f"step {step.number} does not say `{words}`"
    return words


def placed(text: str, edit: Edit, shown: str) -> str:
    """The text with the change."""
    text, count = re.subn(
        edit.place,
        lambda found: edit.put.format(found=found[0], shown=shown),
        text,
        flags=re.MULTILINE,
    )
    assert count == 1, f"{edit.file}: {edit.place} found {count} times"
    return text
