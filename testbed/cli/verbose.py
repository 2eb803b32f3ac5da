"""The option --verbose, of the command as a whole and of each of its commands."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from typing import Annotated

import typer

from testbed.host import told


def _choose(wanted: bool) -> None:
    if wanted:
        told.tell_programs()
    elif not told.is_told():
        os.environ.pop(told.VARIABLE, None)


Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        envvar=told.VARIABLE,
        callback=_choose,
        is_eager=True,
        help="Say on stderr what is run.",
    ),
]


def give_verbose(app: typer.Typer) -> None:
    """Every command takes the option, but those that hand all options to another program."""
    for command in app.registered_commands:
        passes_on = (command.context_settings or {}).get("allow_extra_args", False)
        if command.callback is not None and not passes_on:
            command.callback = _with_option(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            give_verbose(group.typer_instance)


def _with_option(function: Callable[..., object]) -> Callable[..., object]:
    """The function, as typer sees it with one parameter more."""

    @functools.wraps(function)
    def command(*positional: object, **named: object) -> object:
        del named["verbose"]  # its callback has done all there is to do
        return function(*positional, **named)

    signature = inspect.signature(function, eval_str=True)
    option = inspect.Parameter(
        "verbose", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Verbose
    )
    parameters = [*signature.parameters.values(), option]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, "verbose": Verbose}
    return command
