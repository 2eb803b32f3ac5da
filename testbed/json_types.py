"""Types for JSON documents, and accessors that check a field's type before they return it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

JsonObject = Mapping[str, object]
T = TypeVar("T")
_WORDS: dict[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def as_object(value: object) -> JsonObject:
    """The value as an object with text keys; raises ValueError if it is anything else."""
    if not isinstance(value, dict):
        raise ValueError(f"an object is expected, not {str(value)[:80]!r}")
    return cast(JsonObject, value)


def get_text(data: JsonObject, key: str) -> str:
    """A field that must be text; raises KeyError if it is missing, ValueError if it is not text."""
    return _get(data, key, str)


def get_optional_text(data: JsonObject, key: str) -> str | None:
    """A text field that may be missing or null."""
    return None if data.get(key) is None else _get(data, key, str)


def get_number(data: JsonObject, key: str) -> int:
    """A field that must be a whole number."""
    return _get(data, key, int)


def get_flag(data: JsonObject, key: str) -> bool:
    """A field that must be true or false."""
    return _get(data, key, bool)


def get_object(data: JsonObject, key: str) -> JsonObject:
    """A field that must be an object."""
    return as_object(_get(data, key, dict))


def get_objects(data: JsonObject, key: str) -> list[JsonObject]:
    """A field that must be a list of objects."""
    return [as_object(item) for item in _get(data, key, list)]


def get_texts(data: JsonObject, key: str) -> tuple[str, ...]:
    """A field that must be a list of text."""
    found = _get(data, key, list)
    if not all(isinstance(item, str) for item in found):
        raise ValueError(f"{key} is not a list of text")
    return tuple(cast("list[str]", found))


def _get(data: JsonObject, key: str, kind: type[T]) -> T:
    value = data[key]
    # JSON's true is no number, though Python's is
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{key} {str(value)[:80]!r} is not {_WORDS[kind]}")
    return value
