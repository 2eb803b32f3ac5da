"""JSON Schemas (draft 2020-12) of what commands print, made from its types by pydantic."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import TypeForm

from testbed.json_types import JsonObject

# Any: pydantic's own types of schemas
_Schema = dict[str, Any]


class _OfOutput(GenerateJsonSchema):
    """Says what is always printed: every field but those that are None where nobody sets them."""

    def field_is_required(self, field: Any, *_: Any, **__: Any) -> bool:
        if field["type"] == "typed-dict-field":
            return bool(field.get("required", True))
        inner = field["schema"]
        return not (inner["type"] == "default" and inner.get("default", 0) is None)

    def default_schema(self, schema: Any) -> _Schema:
        return self.generate_inner(schema["schema"])

    def field_title_should_be_set(self, *_: object) -> bool:
        return False


def schema_of(name: str, type_: TypeForm[object]) -> JsonObject:
    """The schema of values of a type; a key that the type does not have is refused."""
    adapter: TypeAdapter[object] = TypeAdapter(type_)
    made = adapter.json_schema(mode="serialization", schema_generator=_OfOutput)
    _close(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:testbed:schema:{name}",
        **made,
    }


def _close(schema: _Schema) -> None:
    """Have every object of the schema refuse other keys than its own."""
    objects = [schema, *schema.get("$defs", {}).values()]
    for one in objects:
        if "properties" in one:
            one["additionalProperties"] = False
