"""Intents as objects: a structural, strict schema that takes what the file's form takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from testbed.engine.intents.join import document_of
from testbed.engine.intents.read import read_intent
from testbed.object_fields.intent import INTENT
from testbed.object_fields.intent_object import object_spec, spec_schema

# What apiextensions.k8s.io/v1 has of JSON Schema, as far as it is used here.
KNOWN = {
    *("type", "description", "properties", "required", "items", "enum", "pattern"),
    *("minimum", "maximum", "minItems", "minLength", "maxLength"),
    *("x-kubernetes-int-or-string", "x-kubernetes-list-type"),
}
WHOLE = {
    "from": ["worker1"],
    "to": ["worker*", "master"],
    "family": "IPv4",
    "optimise": "delay",
    "avoid": {"nodes": ["r7"], "links": ["r4-r6"], "affinity": ["gold"], "srlg": [7, "duct"]},
    "require": {"nodes": ["r5"]},
    "maxDelay": "20ms",
    "maxSegments": 3,
    "disjoint": {"group": "a", "from": "node"},
    "bandwidth": 10,
    "mode": "best-effort",
    "protect": True,
    "encoding": "srh",
}


def parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from parts(inner)
    if "items" in schema:
        yield from parts(schema["items"])


def test_an_api_server_knows_every_word_of_the_schema() -> None:
    for part in parts(spec_schema()):
        assert set(part) <= KNOWN
        assert isinstance(part.get("type"), str) or part == {"x-kubernetes-int-or-string": True}


def test_every_field_of_the_table_is_there_and_described() -> None:
    properties: Any = spec_schema()["properties"]
    assert {n: p["description"] for n, p in properties.items()} == {
        field.name: field.words for field in INTENT.fields
    }
    assert WHOLE.keys() == properties.keys()


def test_it_takes_what_the_files_form_takes() -> None:
    assert Draft202012Validator(spec_schema()).is_valid(WHOLE)
    written, findings = read_intent(document_of("gold", WHOLE), "the object")
    assert (written is not None, findings) == (True, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "worker1"},
        {"to": []},
        {"family": "ipv4"},
        {"maxDelay": "20"},
        {"maxSegments": 99},
        {"avoid": {"nodes": "r7"}},
        {"disjoint": {"from": "node"}},
        {"protect": "yes"},
    ],
    ids=str,
)
def test_it_refuses_what_the_files_form_refuses(wrong: dict[str, object]) -> None:
    """But for a single word as an end: there a list is wanted."""
    spec = {**WHOLE, **wrong}
    assert not Draft202012Validator(spec_schema()).is_valid(spec)
    _, findings = read_intent(document_of("gold", spec), "the object")
    assert bool(findings) is ("from" not in wrong)


def test_a_single_word_becomes_a_list() -> None:
    assert object_spec({"from": "worker1", "to": ["all"], "mode": "strict"}) == {
        "from": ["worker1"],
        "to": ["all"],
        "mode": "strict",
    }
