"""Parses untrusted YAML into values with line numbers; refuses hostile input.

Built from the parser's events, so nothing recurses and nothing is constructed but text, numbers,
lists and mappings. Aliases count as often as they are used, so they cannot multiply without end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from testbed.errors import TestbedError
from testbed.srpolicy.files.yaml_scalars import Scalar, resolve_scalar

MAX_OCTETS = 1 << 20
MAX_VALUES = 50_000
MAX_DEPTH = 32


@dataclass
class Value:
    """A value with its place: `content` is a scalar, list[Value] or dict[str, Value]."""

    # Any: users may write any of these; whoever reads it asks which one it is
    content: Any
    source: str
    line: int  # 1-based, in the file that the user edits
    block: bool = False  # a literal block scalar (|): its text starts on the next line
    keys: dict[str, int] = field(default_factory=dict)  # lines of a mapping's keys
    size: int = 1  # how many values it holds when aliases are written out

    @property
    def where(self) -> str:
        """file:line"""
        return f"{self.source}:{self.line}"

    @property
    def plain(self) -> Any:
        """The same without positions."""
        if isinstance(self.content, dict):
            return {key: value.plain for key, value in self.content.items()}
        if isinstance(self.content, list):
            return [value.plain for value in self.content]
        return self.content

    def get(self, key: str) -> Value | None:
        """The value under `key`, or None if absent, null, or this is no mapping."""
        found = self.content.get(key) if isinstance(self.content, dict) else None
        return None if found is None or found.content is None else found


def read_documents(
    text: str,
    source: str,
    first_line: int = 1,
    octets: int = MAX_OCTETS,
    values: int = MAX_VALUES,
) -> list[Value]:
    """The non-empty documents of a YAML text; `first_line` is where the text starts in `source`.

    Raises TestbedError for anything that is not YAML, tagged, too deep, or above these limits.
    """
    if len(text) > octets or len(text.encode("utf-8", "surrogatepass")) > octets:
        why = f"the limit is {octets >> 20} MiB"
        raise TestbedError("file is too large", where=source, why=why)
    builder = _Builder(source, first_line, values)
    for event in _parse_events(text, source, first_line):
        builder.take(event)
    return [document for document in builder.documents if document.content is not None]


def from_plain(data: Any, source: str, line: int = 1, depth: int = 0) -> Value:
    """Wrap data that comes without positions (an object from an API); all of it at `line`."""
    if depth > MAX_DEPTH:
        raise TestbedError(f"nested deeper than {MAX_DEPTH} levels", where=f"{source}:{line}")
    if isinstance(data, dict):
        content: Any = {str(k): from_plain(v, source, line, depth + 1) for k, v in data.items()}
        return Value(content, source, line, keys=dict.fromkeys(content, line))
    if isinstance(data, list | tuple):
        return Value([from_plain(v, source, line, depth + 1) for v in data], source, line)
    return Value(data, source, line)


def _parse_events(text: str, source: str, first_line: int) -> Iterator[Event]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except TestbedError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise TestbedError(
            "not valid YAML", where=f"{source}:{line}", why=error.problem or error.context
        ) from None
    except Exception as error:  # the parser answers some garbage with IndexError, ValueError, ...
        why = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise TestbedError("not valid YAML", where=source, why=why) from None


class _Builder:
    """Turns events into values with an explicit stack."""

    def __init__(self, source: str, first_line: int, most: int = MAX_VALUES) -> None:
        self.source, self.first_line, self._most = source, first_line, most
        self.documents: list[Value] = []
        self._stack: list[Value] = []
        self._pending: list[str | None] = []  # per open collection: the key that waits for a value
        self._anchors: dict[str, Value] = {}
        self._open_anchors: list[str | None] = []
        self._total = 0

    def take(self, event: Event) -> None:
        """Use one event."""
        if isinstance(event, DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, DocumentEndEvent):
            pass
        elif isinstance(event, ScalarEvent):
            value = self._make_value(event, self._resolve_scalar(event))
            value.block = event.style == "|"
            self._set_anchor(event.anchor, value)
            self._add_value(value)
        elif isinstance(event, AliasEvent):
            self._add_value(self._resolve_alias(event))
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            self._open_collection(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close_collection()

    def _line_of(self, event: Event) -> int:
        return self.first_line + int(event.start_mark.line)

    def _make_value(self, event: Event, content: Any) -> Value:
        return Value(content, self.source, self._line_of(event))

    def _error_at(self, what: str, line: int, why: str | None = None) -> TestbedError:
        return TestbedError(what, where=f"{self.source}:{line}", why=why)

    def _resolve_scalar(self, event: ScalarEvent) -> Scalar:
        try:
            return resolve_scalar(event.value, event.style, _explicit_tag(event))
        except ValueError as error:
            raise self._error_at("value cannot be used", self._line_of(event), str(error)) from None

    def _open_collection(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        line = self._line_of(event)
        tag = _explicit_tag(event)
        if tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise self._error_at(f"tag {tag} is not allowed here", line)
        if len(self._stack) >= MAX_DEPTH:
            raise self._error_at(f"nested deeper than {MAX_DEPTH} levels", line)
        if self._stack and self._expects_key():
            raise self._error_at("a mapping's key must be a plain word", line)
        is_map = isinstance(event, MappingStartEvent)
        self._stack.append(self._make_value(event, {} if is_map else []))
        self._pending.append(None)
        self._open_anchors.append(event.anchor)

    def _close_collection(self) -> None:
        value = self._stack.pop()
        self._pending.pop()
        self._set_anchor(self._open_anchors.pop(), value)
        self._add_value(value)

    def _set_anchor(self, name: str | None, value: Value) -> None:
        if name is not None:
            self._anchors[name] = value

    def _resolve_alias(self, event: AliasEvent) -> Value:
        line = self._line_of(event)
        if event.anchor in self._open_anchors:
            raise self._error_at(f"alias *{event.anchor} contains itself", line)
        if event.anchor not in self._anchors:
            raise self._error_at(f"alias *{event.anchor} has no anchor", line)
        return self._anchors[event.anchor]

    def _expects_key(self) -> bool:
        return isinstance(self._stack[-1].content, dict) and self._pending[-1] is None

    def _add_value(self, value: Value) -> None:
        """Put a finished value where it belongs, and count it."""
        if not self._stack:
            self.documents.append(value)
            self._total += value.size
            if self._total > self._most:
                raise self._error_at(f"more than {self._most} values", value.line)
            return
        parent = self._stack[-1]
        if self._expects_key():
            self._take_key(parent, value)
            return
        parent.size += value.size
        if parent.size > MAX_VALUES:
            raise self._error_at(f"more than {MAX_VALUES} values", value.line)
        if isinstance(parent.content, list):
            parent.content.append(value)
        else:
            parent.content[self._pending[-1]] = value
            self._pending[-1] = None

    def _take_key(self, parent: Value, value: Value) -> None:
        if isinstance(value.content, dict | list):
            raise self._error_at("a mapping's key must be a plain word", value.line)
        key = str(value.content)
        if key in parent.keys:
            why = f"first on line {parent.keys[key]}"
            raise self._error_at(f"key {key[:60]!r} appears twice", value.line, why)
        parent.keys[key] = value.line
        self._pending[-1] = key


def _explicit_tag(event: Event) -> str | None:
    """The explicit tag, or None; ruamel hands over either a string or a Tag object."""
    tag = getattr(event, "ctag", None) or getattr(event, "tag", None)
    return None if tag is None else str(tag)
