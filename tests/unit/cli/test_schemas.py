"""docs/schemas has the schema of all that is printed as data, and what is printed agrees with it.

After a wanted change: `GOLDEN=write pytest tests/unit/cli/test_schemas.py`, then read the diff.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
import typer.main
from jsonschema import Draft202012Validator, ValidationError
from ruamel.yaml import YAML
from typer.core import TyperCommand, TyperGroup

from testbed.cli.main import app
from testbed.cli.printed import forms, printed
from tests.repository import ROOT
from tests.schemas import SCHEMAS, check, schema
from tests.unit.cli.recorded_outputs import OUTPUTS, invalid_topology, taken_box
from tests.unit.cli.said import said

PAGE = ROOT / "docs" / "json.md"
LINES = {"progress", "events"}  # one document a line
WITHOUT_KEYS = {"artefacts-fetch"}  # its keys are names


def read(name: str, text: str) -> list[object]:
    """The documents that were printed."""
    return [json.loads(one) for one in (text.splitlines() if name in LINES else [text])]


@pytest.mark.parametrize("name", [*printed(), *forms()])
def test_the_published_schema_is_the_codes(name: str) -> None:
    file, text = SCHEMAS / f"{name}.json", said("schema", name)
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text)
    assert text == file.read_text(), f"{file} differs; GOLDEN=write accepts it"
    Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("name", [*printed(), *forms()])
def test_no_object_takes_undeclared_keys(name: str) -> None:
    found = list(objects(schema(name)))
    assert found or name in WITHOUT_KEYS
    assert all(one["additionalProperties"] is False for one in found)


def objects(value: object) -> Iterator[dict[str, object]]:
    """Every schema, at any depth, of an object with keys of its own."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict) and value.get("type") == "object":
            yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def test_no_other_schema_is_published() -> None:
    assert {file.stem for file in SCHEMAS.iterdir()} == {*printed(), *forms()}


def test_the_page_lists_each_schema_with_its_command() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    listed = {tuple(cell.strip("| ") for cell in row) for row in rows}
    assert listed == {
        (_cell(one.command), f"[{name}](schemas/{name}.json)") for name, one in printed().items()
    }


def _cell(command: str) -> str:
    words, colon, more = command.partition(":")
    return f"`testbed {words}`{colon}{more}"


def commands(group: TyperGroup, words: str = "") -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{words}{name} ")
        else:
            yield f"{words}{name}", cast(TyperCommand, command)


def test_every_command_that_prints_data_has_a_schema() -> None:
    group = cast(TyperGroup, typer.main.get_command(app))
    printing = {
        words
        for words, command in commands(group)
        if any("--format" in option.opts for option in command.params)
    }
    described = {one.command.partition(":")[0].partition(" --")[0] for one in printed().values()}
    assert len(printing) > 15
    assert printing - described == set()


@pytest.mark.parametrize("name", printed())
def test_what_is_printed_agrees(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    documents = read(name, OUTPUTS[name](monkeypatch, tmp_path))
    assert documents
    for document in documents:
        assert document, "an empty list would agree with anything"
        check(name, document)


@pytest.mark.parametrize("name", sorted(printed().keys() - WITHOUT_KEYS))
def test_an_undeclared_key_fails_wherever_it_stands(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    [document, *_] = read(name, OUTPUTS[name](monkeypatch, tmp_path))
    top = document[0] if isinstance(document, list) else document
    assert isinstance(top, dict)
    top["undeclared"] = 1
    with pytest.raises(ValidationError):
        check(name, document)


def test_the_other_things_that_are_printed_agree(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    problems = json.loads(invalid_topology(tmp_path))
    assert problems
    check("validate", problems)
    check("box-show", json.loads(taken_box(monkeypatch)))


def test_every_option_for_data_is_followed_by_errors() -> None:
    group = cast(TyperGroup, typer.main.get_command(app))
    options = [
        (words, option)
        for words, command in commands(group)
        for option in command.params
        if {"--format", "--progress"} & set(option.opts)
    ]
    assert len(options) > 20
    assert [words for words, option in options if option.callback is None] == []


def test_yaml_has_the_same_content() -> None:
    text = said("schema", "-o", "yaml")
    check("schema", YAML(typ="safe").load(text))


def test_an_unknown_schema_is_named() -> None:
    with pytest.raises(Exception, match="no schema 'statsu'"):
        said("schema", "statsu")
