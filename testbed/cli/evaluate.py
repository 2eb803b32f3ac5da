"""evaluate: overlays measured against each other."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
    need_root,
    print_data,
    recorded,
    show,
)
from testbed.cli.common import directory as lab_directory
from testbed.cli.runs import new_run_directory, remove_unbegun, run_name, run_store
from testbed.errors import TestbedError
from testbed.report.tables import Column

if TYPE_CHECKING:
    from testbed.evaluate.cases import Case
    from testbed.evaluate.defaults import Extent
    from testbed.evaluate.sample import Sample
    from testbed.evaluate.settings import Settings
    from testbed.host.progress import Progress
    from testbed.plan.model import Plan
    from testbed.records.recorder import Recorder

YES = "yes"  # an option without a value


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
    replays: Annotated[str, typer.Option(hidden=True)] = "",
    format: FormatOnlyOption = Format.table,
    quiet: Quiet = False,
) -> None:
    """Measure overlays against each other in a running Kubernetes lab; each path is proved.

    Blocks of all cases, each in a random order of its own, after a warm-up. The run is kept as a
    crate (`testbed runs`).
    """
    from testbed.evaluate.defaults import extent_of
    from testbed.evaluate.selector import select
    from testbed.host.progress import Progress

    progress = Progress(quiet)
    asked = Asked(name, out, seed, replays, quick)
    if profile is Profile.knb:
        if cases is not None or repeats or seconds or quick:
            raise TestbedError(
                "knb's cases are what they are",
                where="--profile knb",
                fix="leave out --cases, --repeats, --seconds and --quick",
            )
        _measure_like_knb(asked, format, progress)
        return
    wanted = select(cases) if cases is not None else None
    extent = extent_of(quick, repeats, seconds, wanted is not None)
    samples, settings, target = _take_samples(asked, wanted, extent, progress)
    # numpy has threads: no process that has them can enter a lab
    from testbed.evaluate.table import cells, rows

    found = rows(samples, settings.cases)
    show(format, found, COLUMNS, [cells(row) for row in found])
    if format in (Format.table, Format.wide):
        print(f"samples: {target}")


@dataclass(frozen=True)
class Asked:
    """What both profiles are asked for."""

    lab: str
    out: Path | None
    seed: int
    replays: str
    quick: bool


def _take_samples(
    asked: Asked, wanted: tuple[Case, ...] | None, extent: Extent, progress: Progress
) -> tuple[tuple[Sample, ...], Settings, Path]:
    from testbed.evaluate.defaults import default_cases, estimate, in_words, with_control
    from testbed.evaluate.recording import Keeper
    from testbed.evaluate.run.run import SAMPLES, take_all
    from testbed.evaluate.run.steering import refuse_longer

    plan = _plan_of_kubernetes(asked.lab)
    chosen = wanted or default_cases(extent, plan.max_segments)
    measured = with_control(chosen)
    refuse_longer(plan, measured)
    options = {
        "cases": ",".join(case.id for case in chosen),
        "repeats": str(extent.repeats),
        "seconds": str(extent.seconds),
        "seed": str(asked.seed),
        **({"quick": YES} if asked.quick else {}),
    }
    with _recorded(asked, plan, Profile.samples, measured, extent, options, progress) as run:
        expected = estimate(measured, extent) * plan.slowness
        progress.note(
            f"{len(measured)} cases, {extent.repeats} samples of each and a warm-up:"
            f" about {in_words(expected)}"
        )
        file = run.directory / SAMPLES
        keeper = Keeper(run.recorder, run.plan, run.settings.cases, extent.repeats, file)
        taken = take_all(
            run.plan, measured, extent, asked.seed, run.directory, progress, keeper.add
        )
        keeper.end()
        return taken, run.settings, run.directory


def _measure_like_knb(asked: Asked, format: Format, progress: Progress) -> None:
    from testbed.evaluate.defaults import KNB
    from testbed.evaluate.recording import outcome_of_knb
    from testbed.evaluate.run.knb import FILE, measure

    plan, options = _plan_of_kubernetes(asked.lab), {"profile": Profile.knb.value}
    with _recorded(asked, plan, Profile.knb, (), KNB, options, progress) as run:
        found = measure(run.plan, run.directory.name, run.directory, progress)
        run.recorder.add(outcome_of_knb(run.plan))
    if not print_data(found, format):
        print(f"{run.directory / FILE}, and what iperf3 said beside it")


@dataclass(frozen=True)
class Run:
    """An evaluation that goes on, inside of its lab."""

    directory: Path
    settings: Settings
    plan: Plan
    recorder: Recorder


@contextmanager
def _recorded(
    asked: Asked,
    plan: Plan,
    profile: Profile,
    measured: Sequence[Case],
    extent: Extent,
    options: Mapping[str, str],
    progress: Progress,
) -> Iterator[Run]:
    """The directory is the caller's own or one in the store; the lab is entered for good."""
    from testbed.evaluate.recording import new_record
    from testbed.evaluate.run.kept import kept_run
    from testbed.records.source import read_source

    need_root()
    source = read_source()  # out of sight from inside the lab, as is the plan on record
    settings = _settings(plan, source.commit, profile, measured, extent, asked.seed)
    with ExitStack() as held:
        target = (asked.out or new_run_directory()).resolve()
        if asked.out is None:
            held.callback(remove_unbegun, target)
        held.enter_context(_kept(target))
        record = new_record(
            run_name(target),
            ("testbed", *sys.argv[1:]),
            {"lab": asked.lab, **options},
            asked.seed,
            source,
            asked.replays,
        )
        inside, recorder = held.enter_context(
            kept_run(
                lab_directory(asked.lab),
                plan,
                target,
                settings,
                record,
                source,
                run_store(),
                progress,
            )
        )
        yield Run(target, settings, inside, recorder)


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


def _plan_of_kubernetes(name: str) -> Plan:
    """The lab's plan, as it is on record."""
    plan = recorded(name)
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
