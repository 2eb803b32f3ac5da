"""Holds an object's spec against the table of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from testbed.object_fields.close import did_you_mean
from testbed.object_fields.model import Fate, Kind

Path = tuple[str | int, ...]
_LONGEST = 60  # characters of a value in a sentence


@dataclass(frozen=True)
class Unknown:
    """A field that a kind does not have, by its path below spec, and what may be meant."""

    path: Path
    hint: str


def unknown_fields(kind: Kind, spec: Mapping[str, object]) -> list[Unknown]:
    """The fields that an API server would drop, in the order of the object."""
    return list(_walk(kind.spec, spec, ()))


def _walk(schema: object, value: object, path: Path) -> Iterator[Unknown]:
    if not isinstance(schema, Mapping):
        return
    known, items = schema.get("properties"), schema.get("items")
    if isinstance(known, Mapping) and isinstance(value, Mapping):
        for name, inner in value.items():
            if name in known:
                yield from _walk(known[name], inner, (*path, name))
            else:
                yield Unknown((*path, str(name)), _hint(str(name), known))
    if items is not None and isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(items, inner, (*path, number))


def _hint(name: str, known: Mapping[str, object]) -> str:
    return did_you_mean(name, known) or f"the fields are {', '.join(sorted(known))}"


@dataclass(frozen=True)
class Unsupported:
    """A field that asks for what is not done, and what is done in its place."""

    field: str
    what: str
    words: str
    refused: bool  # the object is not used at all

    def __str__(self) -> str:
        return f"{self.what}. {self.words}"


def unsupported(kind: Kind, spec: Mapping[str, object]) -> list[Unsupported]:
    """The fields that ask for something that is not done, in the order of the table."""
    found = []
    for field in kind.fields:
        value = spec.get(field.name)
        if field.asks(value):
            refused = field.fate is Fate.REFUSED
            effect = "is not supported, so the object is not used" if refused else "has no effect"
            what = f"{field.name}{_shown(value)} {effect}"
            found.append(Unsupported(field.name, what, field.words, refused))
    return found


def _shown(value: object) -> str:
    """A short value as text; nothing of a secret or a list of objects."""
    if isinstance(value, str | int) and len(str(value)) <= _LONGEST:
        return f" {str(value).lower() if isinstance(value, bool) else value}"
    return ""


def path_text(path: Path) -> str:
    """`spec.communities[1].name`."""
    return "spec" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
