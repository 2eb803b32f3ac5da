"""Holds a document against a schema, each finding at its line.

Ours, because a file may have ten thousand intents: jsonschema takes some milliseconds for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import cast

from testbed.object_fields.close import did_you_mean
from testbed.object_fields.model import Schema
from testbed.srpolicy.files.fields import shown
from testbed.srpolicy.files.yaml_tree import Value
from testbed.te.lint.findings import Finding

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_NAMES = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number",
          "number": "a number", "boolean": "true or false"}  # fmt: skip


def violations(value: Value, schema: Schema, name: str) -> Iterator[Finding]:
    """Everything about the value that does not fit, in file order within each mapping."""
    choices = schema.get("oneOf")
    if choices is not None:
        listed = isinstance(value.content, list)
        options = cast("Sequence[Schema]", choices)
        schema = next(s for s in options if (s["type"] == "array") is listed)
    if "const" in schema:
        if value.content != schema["const"]:
            yield _finding(value, f"{name} must be {schema['const']}", value.content)
        return
    wanted = schema["type"]
    kinds = cast("list[str]", wanted if isinstance(wanted, list) else [wanted])
    if not any(_is_of(value.content, kind) for kind in kinds):
        words = " or ".join(_NAMES[kind] for kind in kinds)
        yield _finding(value, f"{name} must be {words}", value.content)
    elif isinstance(value.content, dict):
        yield from _of_mapping(value, schema, name)
    elif isinstance(value.content, list):
        yield from _of_list(value, schema, name)
    else:
        yield from _of_scalar(value, schema, name)


def _is_of(content: object, kind: str) -> bool:
    if isinstance(content, bool):
        return kind == "boolean"
    return isinstance(content, _TYPES[kind])


def _of_mapping(value: Value, schema: Schema, name: str) -> Iterator[Finding]:
    known = cast("Mapping[str, Schema]", schema["properties"])
    for key, inner in value.content.items():
        where = f"{value.source}:{value.keys[key]}"
        if inner.content is None:
            yield Finding("error", where, f"{key} has no value", "leave it out")
        elif key in known:
            yield from violations(inner, known[key], key)
        else:
            fix = did_you_mean(key, known) or f"the fields are {', '.join(known)}"
            yield Finding("error", where, f"{name} has no field {shown(key)}", fix)
    for key in cast("Sequence[str]", schema.get("required", ())):
        if key not in value.content:
            yield Finding("error", value.where, f"{name} lacks {key}", f"add {key}")


def _of_list(value: Value, schema: Schema, name: str) -> Iterator[Finding]:
    items: list[Value] = value.content
    if not items:
        yield Finding("error", value.where, f"{name} must not be empty", f"leave {name} out")
    seen: list[object] = []
    for number, item in enumerate(items, 1):
        yield from violations(item, cast(Schema, schema["items"]), f"{name}[{number}]")
        if item.content in seen:
            what = f"{name} names {shown(item.content)} twice"
            yield Finding("error", item.where, what, "name it once")
        seen.append(item.content)


def _of_scalar(value: Value, schema: Schema, name: str) -> Iterator[Finding]:
    content = value.content
    words = schema.get("enum")
    if words is not None and content not in cast("Sequence[object]", words):
        listed = [str(word) for word in cast("Sequence[object]", words)]
        near = did_you_mean(content, listed) if isinstance(content, str) else None
        what = f"{name} must be {' or '.join(listed)}, it is {shown(content)}"
        yield Finding("error", value.where, what, near)
    if isinstance(content, str):
        yield from _of_text(value, schema, name)
    elif isinstance(content, (int, float)) and not isinstance(content, bool):
        low, high = (cast("float | None", schema.get(key)) for key in ("minimum", "maximum"))
        if low is not None and high is not None and not low <= content <= high:
            yield _finding(value, f"{name} must be from {low:.10g} to {high:.10g}", content)


def _of_text(value: Value, schema: Schema, name: str) -> Iterator[Finding]:
    content, pattern = value.content, schema.get("pattern")
    longest = cast(int, schema.get("maxLength", 253))
    if schema.get("minLength") and not content:
        yield Finding("error", value.where, f"{name} must not be empty")
    if len(content) > longest:
        yield _finding(value, f"{name} must have at most {longest} characters", content)
    elif isinstance(pattern, str) and not _compiled(pattern).fullmatch(content):
        example = cast("Sequence[str]", schema["examples"])[0]
        yield _finding(value, f"{name} must look like {example}", content)


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _finding(value: Value, what: str, saw: object) -> Finding:
    return Finding("error", value.where, f"{what}, it is {shown(saw)}")
