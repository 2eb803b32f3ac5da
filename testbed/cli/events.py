"""events: what agents, IS-IS, BGP and pods report, as it happens."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import DEFAULT_LAB, Name, chosen_form, enter
from testbed.cli.streams import nobody_reads
from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.report.event import Event


class LineFormat(str, Enum):
    """A line each for people, or as a JSON object."""

    table = "table"
    json = "json"


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(events)


def events(
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Go on printing what is reported.")
    ] = False,
    name: Name = DEFAULT_LAB,
    format: Annotated[
        LineFormat,
        typer.Option("--format", "-f", "-o", help="Output format.", callback=chosen_form),
    ] = LineFormat.table,
) -> None:
    """What agents, IS-IS, BGP and pods reported until now, by time; with -w also what comes."""
    plan = enter(name)
    from testbed.lab.events import stream

    if not watch:
        found, missing = stream.until_now(plan)
        _print(found, format)
        if missing is not None:
            _complain(missing)
            raise typer.Exit(1)
        return
    for batch in stream.follow(plan):
        if isinstance(batch, TestbedError):
            _complain(batch)
        else:
            _print(batch, format)
        if nobody_reads():
            return


def _print(found: Iterable[Event], format: LineFormat) -> None:
    for event in found:
        print(json.dumps(asdict(event)) if format is LineFormat.json else event)
    sys.stdout.flush()


def _complain(error: TestbedError) -> None:
    print(f"the API server's events are missing: {error}", file=sys.stderr)
