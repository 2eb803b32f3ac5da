"""The forms that fields have, as parts of structural schemas."""

from __future__ import annotations

from testbed.object_fields.model import Schema

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
CIDR: Schema = {"type": "string", "maxLength": 64}
NUMBER: Schema = {"type": "integer"}
AS_NUMBER: Schema = {"type": "integer", "format": "int64", "minimum": 1, "maximum": 4294967295}
TEXTS: Schema = {"type": "array", "items": TEXT}


def number(low: int, high: int) -> Schema:
    """A whole number from `low` to `high`."""
    return {"type": "integer", "minimum": low, "maximum": high}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def some_of(*words: str) -> Schema:
    """A list of these words."""
    return {"type": "array", "items": one_of(*words)}


def record(**parts: Schema) -> Schema:
    """An object with these fields and no others."""
    return {"type": "object", "properties": parts}


def records(**parts: Schema) -> Schema:
    """A list of such objects."""
    return {"type": "array", "items": record(**parts)}


SECRET: Schema = record(secretKeyRef=record(name=TEXT, key=TEXT, optional=FLAG))
OVERLAY_MODE: Schema = one_of("Never", "Always", "CrossSubnet")
