"""Validates the native form with its JSON Schema; each violation names its file:line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from testbed.errors import TestbedError
from testbed.srpolicy.files.fields import did_you_mean, shown
from testbed.srpolicy.files.yaml_tree import Value


@cache
# Any: a JSON schema, which only jsonschema reads
def schema() -> dict[str, Any]:
    """The schema as published in `schema.json`."""
    text = files("testbed.srpolicy.files").joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def check(document: Value) -> None:
    """Raise TestbedError for the first violation in file order, naming the others' lines."""
    found = violations(document, schema())
    if not found:
        return
    line, what, fix = found[0]
    others = [f"line {where}: {sentence}" for where, sentence, _ in found[1:6]]
    raise TestbedError(
        what,
        where=f"{document.source}:{line}",
        why="also " + "; ".join(others) if others else None,
        fix=fix,
    )


def violations(
    document: Value, wanted: Mapping[str, object], name: str = "the document"
) -> list[tuple[int, str, str | None]]:
    """Line, sentence and perhaps a fix of everything that does not fit a schema, in file order.

    Several fields that one mapping lacks are one violation.
    """
    found = {
        _locate_violation(document, error, name)
        for error in Draft202012Validator(wanted).iter_errors(document.plain)
    }
    return sorted(found, key=lambda item: (item[0], item[1]))


def _locate_violation(
    document: Value, error: ValidationError, name: str
) -> tuple[int, str, str | None]:
    value = document
    for step in error.absolute_path:
        value = value.content[step]
        name = f"{name}[{step + 1}]" if isinstance(step, int) else step
    line = value.line
    if error.validator == "additionalProperties":
        known = sorted(error.schema["properties"]) if isinstance(error.schema, dict) else []
        unknown = min(set(value.keys) - set(known), key=lambda key: value.keys[key])
        fix = did_you_mean(unknown, known) or f"the fields are {', '.join(known)}"
        return value.keys[unknown], f"{name} has no field {shown(unknown)}", fix
    if error.validator == "required":
        missing = [key for key in _list_texts(error.validator_value) if key not in value.keys]
        misspelt = [at for key, at in value.keys.items() if _is_misspelt(key, missing, error)]
        # there, what is wrong with that name is said first
        line = min(misspelt, default=line)
        fix = f"add {', '.join(missing)}"
        return line, f"{name} lacks {', '.join(missing)}", fix
    return line, f"{name} {_describe_error(error)}", _suggest_fix(error)


def _is_misspelt(key: str, missing: Iterable[str], error: ValidationError) -> bool:
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    return key not in known and did_you_mean(key, missing) is not None


def _describe_error(error: ValidationError) -> str:
    wanted, saw = error.validator_value, shown(error.instance)
    sentences = {
        "const": f"must be {wanted}, it is {saw}",
        "enum": f"must be {' or '.join(_list_texts(wanted))}, it is {saw}",
        "type": f"must be of type {wanted}, it is {saw}",
        "minimum": f"must be at least {wanted}, it is {saw}",
        "maximum": f"must be at most {wanted}, it is {saw}",
        "minItems": "must not be empty",
        "minLength": "must not be empty",
        "uniqueItems": "must not name anything twice",
        "pattern": f"must be a lower-case name, it is {saw}",
        "anyOf": "must be a SID, a node's name, or a mapping with sid and behavior",
    }
    return sentences.get(str(error.validator), "does not fit the schema")


def _list_texts(wanted: object) -> list[str]:
    return [str(word) for word in wanted] if isinstance(wanted, Iterable) else [str(wanted)]


def _suggest_fix(error: ValidationError) -> str | None:
    if error.validator in ("const", "enum") and isinstance(error.instance, str):
        wanted = error.validator_value
        return did_you_mean(
            error.instance, [wanted] if isinstance(wanted, str) else _list_texts(wanted)
        )
    return None
