"""evaluate: overlays measured against each other."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.common import (
    DEFAULT_LAB,
    Format,
    FormatOnlyOption,
    Name,
    Quiet,
    enter,
    show,
)
from testbed.cli.crash import state_home
from testbed.errors import TestbedError
from testbed.report.tables import Column


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(evaluate)


def evaluate(
    cases: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS",
            help="KEY=VALUE or globs over ids, by commas. Default: TCP, one stream, what fits.",
        ),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, max=1000, help="Samples of each case.")] = 10,
    seconds: Annotated[int, typer.Option(min=1, max=3600, help="Of each transfer.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the order.")] = 1,
    quick: Annotated[bool, typer.Option("--quick", help="--repeats 3 --seconds 1")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Directory; with samples in it, it goes on.")
    ] = None,
    name: Name = DEFAULT_LAB,
    format: FormatOnlyOption = Format.table,
    quiet: Quiet = False,
) -> None:
    """Measure overlays against each other in a running Kubernetes lab; each path is proved.

    Blocks of all cases, each in a random order of its own, after a warm-up.
    """
    from testbed.evaluate.run.run import measurable, refuse_unmeasurable, take_all
    from testbed.evaluate.run.steering import refuse_longer
    from testbed.evaluate.selector import select
    from testbed.evaluate.settings import Settings, keep
    from testbed.host.for_caller import hand_all_to_caller, make_directory
    from testbed.host.machine import machine
    from testbed.host.progress import Progress
    from testbed.scenario.run.source_commit import source_commit

    chosen = select(cases) if cases is not None else None
    refuse_unmeasurable(chosen or ())
    if quick:
        repeats, seconds = 3, 1
    directory = (out or state_home() / "evaluations" / time.strftime("%Y%m%d-%H%M%S")).resolve()
    commit = source_commit()
    plan = enter(name)
    if not plan.orchestrator_traits.containers:
        raise TestbedError(
            "an evaluation needs a Kubernetes lab, and this one has none",
            fix="testbed up --cluster kubernetes --recreate, or -n NAME for another lab",
        )
    chosen = chosen or measurable(plan)
    refuse_longer(plan, chosen)
    make_directory(directory)
    progress = Progress(quiet)
    settings = Settings(
        topology=plan.topology,
        nodes=plan.kind["nodes"],
        cases=tuple(case.id for case in chosen),
        repeats=repeats,
        seconds=seconds,
        seed=seed,
        commit=commit,
        machine=machine(),
    )
    if keep(directory, settings):
        progress.note(f"goes on in {directory}")
    try:
        samples = take_all(plan, chosen, repeats, seed, seconds, directory, progress)
    finally:
        hand_all_to_caller(directory)
    # numpy has threads: no process that has them can enter a lab
    from testbed.evaluate.table import in_words, rows

    found = rows(samples, settings.cases)
    columns: list[Column | str] = ["case", "samples", "Gbit/s", Column("compared", prose=True)]
    show(format, found, columns, [in_words(row) for row in found])
    if format in (Format.table, Format.wide):
        print(f"samples: {directory}")
