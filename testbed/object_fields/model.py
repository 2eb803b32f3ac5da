"""What a table of fields says: which fields a kind has, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

Schema = Mapping[str, object]  # of OpenAPI v3, structural: every part has a type


class Fate(str, Enum):
    """What becomes of a field."""

    HONOURED = "honoured"
    REFUSED = "refused"  # an object that asks for it is not used at all
    REPORTED = "reported"  # the object is used without it
    NOT_READ = "not read"  # it asks nothing of the agents


@dataclass(frozen=True)
class Field:
    """A field of an object.

    `words` say what it does here, or what is done in its place. `neutral` are values of a field
    that is not honoured by which nothing is asked that is not done anyway.
    """

    name: str
    fate: Fate
    words: str
    schema: Schema
    neutral: tuple[object, ...] = ()

    def asks(self, value: object) -> bool:
        """True if this value asks for something that is not done."""
        if self.fate in (Fate.HONOURED, Fate.NOT_READ) or value in (None, "", False, [], {}):
            return False
        return value not in self.neutral


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`."""

    title: str
    type: str
    path: str


@dataclass(frozen=True)
class Kind:
    """A kind of object, with the fields of its spec.

    `rules` are further rules of the API server: an expression (CEL) and what it says if false.
    """

    name: str
    plural: str
    words: str
    fields: tuple[Field, ...]
    required: tuple[str, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    columns: tuple[Column, ...] = ()

    @property
    def by_name(self) -> dict[str, Field]:
        """The fields by name."""
        return {field.name: field for field in self.fields}

    @property
    def spec(self) -> dict[str, object]:
        """The structural schema of its spec."""
        schema: dict[str, object] = {
            "type": "object",
            "properties": {field.name: field.schema for field in self.fields},
        }
        if self.required:
            schema["required"] = list(self.required)
        if self.rules:
            schema["x-kubernetes-validations"] = [
                {"rule": rule, "message": message} for rule, message in self.rules
            ]
        return schema


def honoured(name: str, schema: Schema, words: str) -> Field:
    """A field that is done."""
    return Field(name, Fate.HONOURED, words, schema)


def refused(name: str, schema: Schema, words: str, *neutral: object) -> Field:
    """A field for whose sake the object is not used."""
    return Field(name, Fate.REFUSED, words, schema, neutral)


def reported(name: str, schema: Schema, words: str, *neutral: object) -> Field:
    """A field that has no effect, which is said."""
    return Field(name, Fate.REPORTED, words, schema, neutral)


def not_read(name: str, words: str) -> Field:
    """A field that is none of the agents' business."""
    return Field(name, Fate.NOT_READ, words, {"type": "string"})
