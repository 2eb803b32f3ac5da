"""evaluate: overlays measured against each other."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import (
    DEFAULT_LAB,
    Format,
    FormatOnlyOption,
    Name,
    Quiet,
    enter,
    print_data,
    show,
)
from testbed.cli.crash import state_home
from testbed.errors import TestbedError
from testbed.report.tables import Column

if TYPE_CHECKING:
    from testbed.evaluate.cases import Case
    from testbed.evaluate.defaults import Extent
    from testbed.evaluate.sample import Sample
    from testbed.evaluate.settings import Settings
    from testbed.host.progress import Progress
    from testbed.plan.model import Plan


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(evaluate)


class Profile(str, Enum):
    """What is measured: samples of cases, or what knb of the k8s-bench-suite measures."""

    samples = "samples"
    knb = "knb"


def evaluate(
    cases: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS",
            help="KEY=VALUE or globs over ids, by commas. Default: see docs/evaluation.md.",
        ),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Samples of each case.  [default: 10]")
    ] = None,
    seconds: Annotated[
        int | None, typer.Option(min=1, max=3600, help="Of each TCP transfer.  [default: 3]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the order.")] = 1,
    quick: Annotated[
        bool, typer.Option("--quick", help="At most 5 min: 3 samples of a second, fewer cases.")
    ] = False,
    profile: Annotated[
        Profile, typer.Option(help="samples, or knb: that tool's five transfers, as it has them.")
    ] = Profile.samples,
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
    from testbed.evaluate.defaults import extent_of
    from testbed.evaluate.selector import select
    from testbed.host.progress import Progress

    directory, progress = _directory(out), Progress(quiet)
    if profile is Profile.knb:
        if cases is not None or repeats or seconds or quick:
            raise TestbedError(
                "knb's cases are what they are",
                where="--profile knb",
                fix="leave out --cases, --repeats, --seconds and --quick",
            )
        _measure_like_knb(name, directory, format, progress)
        return
    wanted = select(cases) if cases is not None else None
    extent = extent_of(quick, repeats, seconds, wanted is not None)
    samples, settings = _take_samples(name, directory, wanted, extent, seed, progress)
    # numpy has threads: no process that has them can enter a lab
    from testbed.evaluate.table import cells, rows

    found = rows(samples, settings.cases)
    show(format, found, COLUMNS, [cells(row) for row in found])
    if format in (Format.table, Format.wide):
        print(f"samples: {directory}")


def _take_samples(
    name: str,
    directory: Path,
    wanted: tuple[Case, ...] | None,
    extent: Extent,
    seed: int,
    progress: Progress,
) -> tuple[tuple[Sample, ...], Settings]:
    from testbed.evaluate.defaults import default_cases, estimate, in_words, with_control
    from testbed.evaluate.run.run import take_all
    from testbed.evaluate.run.steering import refuse_longer
    from testbed.evaluate.settings import keep
    from testbed.records.source_commit import source_commit

    commit = source_commit()  # out of sight from inside the lab
    plan = _enter_kubernetes(name)
    measured = with_control(wanted or default_cases(extent, plan.max_segments))
    refuse_longer(plan, measured)
    settings = _settings(plan, commit, Profile.samples, measured, extent, seed)
    with _kept(directory):
        if keep(directory, settings):
            progress.note(f"goes on in {directory}")
        expected = estimate(measured, extent) * plan.slowness
        progress.note(
            f"{len(measured)} cases, {extent.repeats} samples of each and a warm-up:"
            f" about {in_words(expected)}"
        )
        return take_all(plan, measured, extent, seed, directory, progress), settings


def _measure_like_knb(name: str, directory: Path, format: Format, progress: Progress) -> None:
    from testbed.evaluate.defaults import KNB
    from testbed.evaluate.run.knb import FILE, measure
    from testbed.evaluate.settings import keep
    from testbed.records.source_commit import source_commit

    commit = source_commit()
    plan = _enter_kubernetes(name)
    with _kept(directory):
        keep(directory, _settings(plan, commit, Profile.knb, (), KNB, 0))
        found = measure(plan, directory.name, directory, progress)
    if not print_data(found, format):
        print(f"{directory / FILE}, and what iperf3 said beside it")


def _settings(
    plan: Plan,
    commit: str,
    profile: Profile,
    measured: Sequence[Case],
    extent: Extent,
    seed: int,
) -> Settings:
    from testbed.evaluate.settings import Settings
    from testbed.host.machine import machine

    return Settings(
        topology=plan.topology,
        nodes=plan.kind["nodes"],
        cases=tuple(case.id for case in measured),
        repeats=extent.repeats,
        seconds=extent.seconds,
        steps=extent.steps,
        seed=seed,
        commit=commit,
        machine=machine(),
        profile=profile.value,
    )


COLUMNS: list[Column | str] = [
    *("case", "samples", "Gbit/s", "RTT idle / load, ms", "CPU s/GB"),
    Column("compared", prose=True),
]


def _directory(out: Path | None) -> Path:
    return (out or state_home() / "evaluations" / time.strftime("%Y%m%d-%H%M%S")).resolve()


def _enter_kubernetes(name: str) -> Plan:
    plan = enter(name)
    if not plan.orchestrator_traits.containers:
        raise TestbedError(
            "an evaluation needs a Kubernetes lab, and this one has none",
            fix="testbed up --cluster kubernetes --recreate, or -n NAME for another lab",
        )
    return plan


@contextmanager
def _kept(directory: Path) -> Iterator[None]:
    """What was measured is the caller's, also if the body fails; then it is said how to go on."""
    from testbed.evaluate.run.run import SAMPLES
    from testbed.host.for_caller import hand_all_to_caller, make_directory

    make_directory(directory)
    try:
        yield
    except BaseException:
        if (directory / SAMPLES).exists():
            words = f"the same command with --out {directory} goes on there"
            print(f"what was measured is kept: {words}", file=sys.stderr)
        raise
    finally:
        hand_all_to_caller(directory)
