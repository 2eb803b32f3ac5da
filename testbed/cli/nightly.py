"""nightly: all that a CI runs every night, as one command with one report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.common import Quiet, need_root, unwritable
from testbed.cli.crash import state_home
from testbed.cli.runs import run_store


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(nightly)


def nightly(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Default: nightly-DATE here."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Run scenarios, conformance and a quick evaluation; report them, beside the last good night.

    Exit code 1 if anything failed. About two hours on two cores.
    """
    need_root()
    from testbed.host.for_caller import hand_all_to_caller, make_directory
    from testbed.host.progress import Progress
    from testbed.nightly.junit import write_junit
    from testbed.nightly.run import execute, last_good, run_night
    from testbed.nightly.steps import Night

    name = f"nightly-{time.strftime('%Y%m%d-%H%M%S')}"
    directory = (output or Path(name)).absolute()
    record = state_home() / "last-good-night"
    store = run_store().directory
    night = Night(name, directory, store, last_good(record))
    try:
        make_directory(store)
        outcomes = run_night(night, record, Progress(quiet), execute)
        write_junit(outcomes, night, directory / "junit.xml")
        hand_all_to_caller(directory)
    except OSError as error:
        raise unwritable(directory, error) from None
    print(f"{directory}: junit.xml, and a log and the results of each step")
    if any(outcome.code != 0 and not outcome.step.informs for outcome in outcomes):
        raise typer.Exit(1)
