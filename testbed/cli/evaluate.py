"""evaluate: overlays measured against each other."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.common import (
    DEFAULT_LAB,
    Format,
    FormatOnlyOption,
    Name,
    Quiet,
    directory,
    enter,
    need_root,
    recorded,
    show,
)
from testbed.cli.runs import new_run_directory, run_name, run_store
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
    replays: Annotated[str, typer.Option(hidden=True)] = "",
    format: FormatOnlyOption = Format.table,
    quiet: Quiet = False,
) -> None:
    """Measure overlays against each other in a running Kubernetes lab; each path is proved.

    Blocks of all cases, each in a random order of its own, after a warm-up. The run is kept as a
    crate (`testbed runs`).
    """
    from testbed.evaluate.recording import Keeper, earlier_record, new_record
    from testbed.evaluate.run.run import SAMPLES, measurable, refuse_unmeasurable, take_all
    from testbed.evaluate.run.steering import refuse_longer
    from testbed.evaluate.selector import select
    from testbed.evaluate.settings import Settings, keep
    from testbed.host.for_caller import hand_all_to_caller, make_directory
    from testbed.host.machine import machine
    from testbed.host.progress import Progress
    from testbed.lab.repeatable import keep_lab
    from testbed.records.recorder import keep_surroundings, recording
    from testbed.records.source import read_source
    from testbed.scenario.run.directories import only_run, own_evidence
    from testbed.scenario.run.evidence import keep_sysctls

    chosen = select(cases) if cases is not None else None
    refuse_unmeasurable(chosen or ())
    if quick:
        repeats, seconds = 3, 1
    plan = recorded(name)
    if not plan.orchestrator_traits.containers:
        raise TestbedError(
            "an evaluation needs a Kubernetes lab, and this one has none",
            fix="testbed up --cluster kubernetes --recreate, or -n NAME for another lab",
        )
    chosen = chosen or measurable(plan)
    refuse_longer(plan, chosen)
    need_root()
    progress, source = Progress(quiet), read_source()
    settings = Settings(
        topology=plan.topology,
        nodes=plan.kind["nodes"],
        cases=tuple(case.id for case in chosen),
        repeats=repeats,
        seconds=seconds,
        seed=seed,
        commit=source.commit,
        machine=machine(),
    )
    options = {
        "lab": name,
        "cases": ",".join(settings.cases),
        "repeats": str(repeats),
        "seconds": str(seconds),
        "seed": str(seed),
    }
    with ExitStack() as held:
        held.enter_context(only_run(directory(name).path, name))
        target = (out or new_run_directory()).resolve()
        make_directory(target)
        held.enter_context(own_evidence(target, "--out"))
        held.callback(hand_all_to_caller, target)
        goes_on = keep(target, settings)
        record = earlier_record(target) if goes_on else None
        record = record or new_record(
            run_name(target), ("testbed", *sys.argv[1:]), options, seed, source, replays
        )
        keep_surroundings(target, record.environment, source, goes_on)
        if goes_on:
            progress.note(f"goes on in {target}")
        else:
            keep_lab(target, directory(name), plan)
        plan = enter(name)
        keep_sysctls(plan, target)
        recorder = held.enter_context(recording(run_store(), target, record))
        keeper = Keeper(recorder, plan, settings.cases, repeats, target / SAMPLES)
        samples = take_all(plan, chosen, repeats, seed, seconds, target, progress, keeper.add)
        keeper.end()
    # numpy has threads: no process that has them can enter a lab
    from testbed.evaluate.table import in_words, rows

    found = rows(samples, settings.cases)
    columns: list[Column | str] = ["case", "samples", "Gbit/s", Column("compared", prose=True)]
    show(format, found, columns, [in_words(row) for row in found])
    if format in (Format.table, Format.wide):
        print(f"samples: {target}")
