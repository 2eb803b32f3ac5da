"""Reads typed fields from YAML values; errors name file:line, the field and the valid form."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from testbed.errors import TestbedError
from testbed.srpolicy.files.yaml_tree import Value


def mapping(value: Value, what: str, known: Iterable[str]) -> Value:
    """Check that this is a mapping with no keys but `known`."""
    if not isinstance(value.content, dict):
        raise TestbedError(
            f"{what} must be a mapping", where=value.where, why=_describe_found(value)
        )
    known = sorted(known)
    for key, line in value.keys.items():
        if key not in known:
            raise TestbedError(
                f"{what} has no field {shown(key)}",
                where=f"{value.source}:{line}",
                fix=did_you_mean(key, known) or f"the fields are {', '.join(known)}",
            )
    return value


def without_protect(value: Value, form: str) -> None:
    """Raise TestbedError where a form that has no place for `protect` says it."""
    if isinstance(value.content, dict) and "protect" in value.content:
        raise TestbedError(
            f"{form} has no field 'protect'",
            where=f"{value.source}:{value.keys['protect']}",
            why="detours are announced by BGP, beside policies of our own form",
            fix="write it as kind SRPolicy, with protect in its spec; or leave protect out",
        )


def sequence(value: Value, what: str) -> list[Value]:
    """The elements of a list."""
    if not isinstance(value.content, list):
        raise TestbedError(f"{what} must be a list", where=value.where, why=_describe_found(value))
    return value.content


def required(parent: Value, key: str, what: str) -> Value:
    """The value under `key`, which must be there."""
    found = parent.get(key)
    if found is None:
        raise TestbedError(f"{what} is missing", where=parent.where, fix=f"add {key!r}")
    return found


def integer(value: Value | None, what: str, highest: int, default: int = 0) -> int:
    """A whole number from 0 to `highest`; `default` when absent."""
    if value is None:
        return default
    number = value.content
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= highest:
        raise TestbedError(
            f"{what} must be a whole number from 0 to {highest}",
            where=value.where,
            why=_describe_found(value),
        )
    return number


def boolean(value: Value | None, what: str, default: bool = False) -> bool:
    """true or false; `default` when absent."""
    if value is None:
        return default
    if not isinstance(value.content, bool):
        raise TestbedError(
            f"{what} must be true or false", where=value.where, why=_describe_found(value)
        )
    return value.content


def text(value: Value, what: str) -> str:
    """A non-empty string."""
    if not isinstance(value.content, str) or not value.content:
        raise TestbedError(f"{what} must be text", where=value.where, why=_describe_found(value))
    return value.content


def address(value: Value, what: str) -> IPv6Address:
    """An IPv6 address without zone or prefix length."""
    content = value.content
    try:
        if not isinstance(content, str) or "%" in content:
            raise AddressValueError
        return IPv6Address(content)
    except AddressValueError:
        why = "it is an IPv4 address" if _is_ipv4(content) else _describe_found(value)
        raise TestbedError(f"{what} must be an IPv6 address", where=value.where, why=why) from None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A suggestion for a misspelt word, or None."""
    known = list(known)
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word[:60].lower(), by_lower, n=1)
    return f"did you mean {by_lower[found[0]]!r}?" if found else None


def shown(data: object) -> str:
    """Any value in a message: quoted, printable, not too long."""
    quoted = ascii(data) if isinstance(data, str) and not data.isprintable() else repr(data)
    return quoted if len(quoted) <= 60 else quoted[:57] + "..."


def _describe_found(value: Value) -> str:
    if isinstance(value.content, dict | list):
        return f"it is a {'mapping' if isinstance(value.content, dict) else 'list'}"
    return f"it is {shown(value.content)}"


def _is_ipv4(content: object) -> bool:
    try:
        return isinstance(content, str) and bool(IPv4Address(content).packed)
    except AddressValueError:
        return False
