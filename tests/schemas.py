"""Holds what a command printed against its published schema."""

from __future__ import annotations

import json
from typing import cast

from jsonschema import Draft202012Validator

from testbed.json_types import JsonObject
from tests.repository import ROOT

SCHEMAS = ROOT / "docs" / "schemas"


def schema(name: str) -> JsonObject:
    """A schema as it is published."""
    return cast(JsonObject, json.loads((SCHEMAS / f"{name}.json").read_text()))


def check(name: str, document: object) -> None:
    """Raises ValidationError."""
    Draft202012Validator(schema(name)).validate(document)


def check_text(name: str, text: str) -> None:
    """One document, or one a line. Raises ValidationError, and ValueError for what is no JSON."""
    lines = text.splitlines() if text.startswith('{"') else [text]
    for document in map(json.loads, lines):
        check(name, document)
