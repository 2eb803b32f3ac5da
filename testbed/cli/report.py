"""report: runs for people, as one page, with figures for a paper and all samples as data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.common import unwritable
from testbed.cli.completion import offering
from testbed.cli.completion import runs as run_names
from testbed.cli.crash import state_home
from testbed.cli.runs import run_store


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(report)


def report(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Names of runs, or directories of `evaluate` and `run`. Default: the latest.",
            autocompletion=offering(run_names),
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Default: report-RUN")
    ] = None,
) -> None:
    """Write runs as one HTML page for people, with figures (SVG, PDF) and samples (CSV, JSON)."""
    from testbed.records.source_commit import source_commit
    from testbed.run_report.contents import Contents
    from testbed.run_report.source import find_all
    from testbed.run_report.write import write
    from testbed.scenario.run import registry

    sources = find_all(runs or ["latest"], run_store(), state_home() / "evaluations")
    scenarios = {scenario.name: scenario.claims for scenario in registry.shipped()}
    names = [source.name for source in sources]
    directory = output or Path(f"report-{names[0]}")
    title = f"Report of {', '.join(names[:3])}"
    if len(names) > 3:
        title += f" and {len(names) - 3} more"
    try:
        written = write(Contents(sources, scenarios), directory, title, source_commit())
    except OSError as error:
        raise unwritable(directory, error) from None
    for source in sources:
        for note in (*source.altered, *source.notes):
            print(f"{source.name}: {note}")
    counted = "1 run" if len(names) == 1 else f"{len(names)} runs"
    print(f"{written.page}: {counted}, {written.samples} samples, {written.figures} figures")
