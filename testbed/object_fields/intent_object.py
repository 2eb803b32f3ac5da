"""Intents as objects of Kubernetes: the fields of the table, in the words of its schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from testbed.object_fields.intent import INTENT, NAME
from testbed.object_fields.model import Column, Schema
from testbed.object_fields.tables import SRV6_API

STATES = ("Satisfied", "Degraded", "Unsatisfiable", "Overruled", "Refused")
COLUMNS = (
    Column("State", "string", ".status.state"),
    Column("Path", "string", ".status.summary"),
    Column("Reason", "string", ".status.reason"),
    Column("Age", "date", ".metadata.creationTimestamp"),
)
PATH = f"/apis/{SRV6_API}/intents"
_ANY_OF = {"x-kubernetes-int-or-string": True}  # a name or a number: the one union that it knows


def name_schema() -> dict[str, object]:
    """What a name has to be: that of the file's form."""
    return {"type": "string", "pattern": NAME}


def spec_schema() -> dict[str, object]:
    """The structural schema of its spec, which `kubectl explain` shows."""
    described = {f.name: {**f.schema, "description": f.words} for f in INTENT.fields}
    return structural({**INTENT.spec, "properties": described})


def structural(schema: Schema) -> dict[str, object]:
    """A schema of ours as an API server takes it: what may be a word or a list is a list there."""
    made = {key: value for key, value in schema.items() if key != "examples"}
    if "oneOf" in made:
        lists = (s for s in cast("list[Schema]", made.pop("oneOf")) if s["type"] == "array")
        made |= next(lists)
    if isinstance(made.get("type"), list):
        del made["type"]
        made |= _ANY_OF
    if made.pop("uniqueItems", False):
        made["x-kubernetes-list-type"] = "set"
    if "properties" in made:
        properties = cast("Mapping[str, Schema]", made["properties"])
        made["properties"] = {name: structural(inner) for name, inner in properties.items()}
    if "items" in made:
        made["items"] = structural(cast(Schema, made["items"]))
    return made


def object_spec(spec: Mapping[str, object]) -> dict[str, object]:
    """A spec as an object has it: a single word for the ends is a list of one."""
    return {
        key: [value] if key in ("from", "to") and isinstance(value, str) else value
        for key, value in spec.items()
    }


def intent_object(name: str) -> dict[str, object]:
    """The object of a name, to ask for."""
    return {"apiVersion": SRV6_API, "kind": INTENT.name, "metadata": {"name": name}}
