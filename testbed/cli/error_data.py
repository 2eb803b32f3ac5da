"""Errors as data: what is printed on stderr where the result would have been data.

Options that choose the form of the result note it here; whoever prints an error asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from typing_extensions import TypedDict

from testbed.errors import TestbedError

_wanted: list[str] = []  # json or yaml, once the command's options have been read

_SHORT = ("-o", "-f")
_LONG = ("--format", "--progress")


class ErrorFields(TypedDict):
    """An error's parts, as people read them, and the command's exit code."""

    what: str
    where: str | None
    why: str | None
    fix: str | None
    exit_code: int


class ErrorDocument(TypedDict):
    """What a command that prints data prints on stderr where it fails."""

    error: ErrorFields


def note_form(form: str) -> None:
    """The form that an option asks for; that of people's forms (table, text …) is none of data."""
    if form in ("json", "yaml"):
        _wanted[:] = [form]


def forget_form() -> None:
    """Errors are printed for people from here on."""
    _wanted.clear()


def wanted_form() -> str | None:
    """`json`, `yaml`, or None where people read."""
    return _wanted[0] if _wanted else None


def note_unread_form(arguments: Sequence[str], asked: str) -> None:
    """The form that `arguments` ask for, where they were not understood as a whole.

    `asked` is the environment's, which an option overrides.
    """
    for form in (asked, *_forms(arguments)):
        note_form(form)


def _forms(arguments: Sequence[str]) -> Iterator[str]:
    """What is given to options that choose a form, as far as that can be told without them."""
    for option, value in pairwise([*arguments, ""]):
        if option == "--":
            return
        name, _, joined = option.partition("=")
        if name in _LONG and joined:
            yield joined
        elif option in (*_LONG, *_SHORT):
            yield value
        elif option[:2] in _SHORT:
            yield option[2:].removeprefix("=")


def error_document(error: TestbedError, complete: Callable[[str], str]) -> ErrorDocument:
    """The error as data; `complete` gives what is printed its lab."""
    prefix = "  fix: "

    def said(part: str | None) -> str | None:
        return complete(part) if part else None

    advice = complete(prefix + error.fix).removeprefix(prefix) if error.fix else None
    return {
        "error": {
            "what": complete(error.what),
            "where": said(error.where),
            "why": said(error.why),
            "fix": advice,
            "exit_code": error.exit_code,
        }
    }
