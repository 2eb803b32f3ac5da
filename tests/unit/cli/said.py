"""Runs a command in this process."""

from __future__ import annotations

from typer.testing import CliRunner

from testbed.cli.main import app


def said(*arguments: str) -> str:
    """What a command prints on stdout."""
    done = CliRunner().invoke(app, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout
