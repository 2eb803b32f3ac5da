"""Refuses labels, annotations, selectors' values and data that an API server does not take.

It takes text alone there, and labels of one form: a number has to be in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from testbed.errors import TestbedError
from testbed.srpolicy.files.yaml_tree import Value

_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_LABEL = re.compile(rf"({_WORD})?")
_PREFIX = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/"
_KEY = re.compile(rf"({_PREFIX})?{_WORD}")
_SHOWN = 60  # characters of a value


def check_values(document: Value, kind: str) -> None:
    """Raise TestbedError with file:line for the first that is not as it must be."""
    metadata = document.get("metadata")
    for field in ("name", "namespace") if metadata is not None else ():
        found = metadata.get(field) if metadata is not None else None
        if found is not None:
            _check_text(found, field, f"metadata.{field}")
    for field in ("labels", "annotations"):
        found = metadata.get(field) if metadata is not None else None
        if found is not None:
            _check_named(found, f"metadata.{field}", labels=field == "labels")
    spec = document.get("spec")
    for found in _find_labels(spec) if kind == "NetworkPolicy" and spec is not None else ():
        _check_named(found, "matchLabels", labels=True)
    data = document.get("data")
    if kind == "ConfigMap" and data is not None and isinstance(data.content, dict):
        for key, value in data.content.items():
            _check_text(value, key, f"data.{key[:_SHOWN]}")


def _check_named(found: Value, what: str, *, labels: bool) -> None:
    """Labels or annotations: names, each with a text."""
    if not isinstance(found.content, dict):
        raise TestbedError(
            f"{what} is no mapping", where=found.where, fix=f"{what.rpartition('.')[2]}: {{}}"
        )
    for key, value in found.content.items():
        if not _KEY.fullmatch(key):
            raise TestbedError(
                f"{what} has {key[:_SHOWN]!r}, which is no name",
                where=f"{found.source}:{found.keys[key]}",
                fix="take letters, digits, '-', '_' and '.', at most 63 of them; "
                "before that perhaps a domain and '/'",
            )
        _check_text(value, key, f"{what}: {key}")
        if labels and not _LABEL.fullmatch(value.content or ""):
            raise TestbedError(
                f"{what}: {value.content[:_SHOWN]!r} is no value of a label",
                where=value.where,
                fix="take letters, digits, '-', '_' and '.', at most 63 of them, "
                "the first and last a letter or digit",
            )


def _check_text(value: Value, key: str, what: str) -> None:
    content = value.content
    if content is None or isinstance(content, str):
        return
    if isinstance(content, dict | list):
        fix = f"{key}: |, and below it what is there now, further indented"
        raise TestbedError(f"{what} is no text", where=value.where, fix=fix)
    said = str(content).lower() if isinstance(content, bool) else str(content)
    raise TestbedError(
        f"{what} is {said[:_SHOWN]}, which is no text", where=value.where, fix=f'{key}: "{said}"'
    )


def _find_labels(value: Value) -> Iterator[Value]:
    """Every matchLabels below."""
    if isinstance(value.content, dict):
        for key, inner in value.content.items():
            if key == "matchLabels":
                yield inner
            else:
                yield from _find_labels(inner)
    elif isinstance(value.content, list):
        for inner in value.content:
            yield from _find_labels(inner)
