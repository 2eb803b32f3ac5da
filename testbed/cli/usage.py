"""Options and arguments that are not understood: as text, or as data for who asked for data."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup

from testbed.cli.error_data import note_unread_form, wanted_form
from testbed.errors import TestbedError


class RootGroup(TyperGroup):
    """All commands. Their options are read in `make_context` and `invoke`."""

    def make_context(self, *args: Any, **options: Any) -> Any:  # Any: the library's own
        """The library's, but for errors of usage."""
        with _as_data():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:  # Any: the library's type has a private name
        """The library's, but for errors of usage."""
        with _as_data():
            return super().invoke(ctx)


@contextmanager
def _as_data() -> Iterator[None]:
    """The library prints its errors as text. Where data were asked for, ours are raised instead."""
    try:
        yield
    except Exception as error:
        what = _said(error)
        if what is None:
            raise
        note_unread_form(sys.argv[1:], os.environ.get("TESTBED_FORMAT", ""))
        if wanted_form() is None:
            raise
        path = getattr(getattr(error, "ctx", None), "command_path", "testbed")
        raise TestbedError(what, fix=f"`{path} --help` lists what it takes") from None


def _said(error: Exception) -> str | None:
    """The words of an error of usage; None for others. Releases differ in where its class is."""
    if type(error).__name__ == "NoArgsIsHelpError":  # its words are the help
        return None
    said = getattr(error, "format_message", None)
    return str(said()) if said is not None else None
