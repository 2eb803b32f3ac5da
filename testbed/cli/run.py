"""run: scenarios, with evidence, a summary and JUnit."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import (
    DEFAULT_CLUSTER,
    DEFAULT_NODES,
    ClusterOption,
    Format,
    FormatOption,
    NodesOption,
    ProfileName,
    ProfileOption,
    Quiet,
    key_values,
    need_root,
    require_writable,
    show,
)
from testbed.cli.common import (
    directory as find_lab,
)
from testbed.cli.completion import labs, offering, scenarios
from testbed.cli.printed import ScenarioRow
from testbed.cli.runs import new_run_directory, run_name, run_store
from testbed.errors import TestbedError
from testbed.host.for_caller import hand_all_to_caller, make_directory
from testbed.report.tables import Column

if TYPE_CHECKING:
    from testbed.host.progress import Progress
    from testbed.plan.model import Plan
    from testbed.scenario.run.registry import Scenario
    from testbed.scenario.run.result import ScenarioResult
    from testbed.scenario.run.runner import Options


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("run")(run)


def run(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Scenarios, or .py files.", autocompletion=offering(scenarios)),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Every shipped scenario but the long ones.")
    ] = False,
    long: Annotated[bool, typer.Option("--long", help="Every shipped one that is long.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="Say what there is.")] = False,
    repeat: Annotated[int, typer.Option(min=1, help="How often.")] = 1,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit file.")] = None,
    keep: Annotated[bool, typer.Option(help="Leave the lab up.")] = False,
    lab: Annotated[
        str | None,
        typer.Option(
            "--name",
            "-n",
            envvar="TESTBED_NAME",
            help="Use this lab, which is up.",
            autocompletion=offering(labs),
        ),
    ] = None,
    topology: Annotated[
        str | None, typer.Option(help="Your own instead of the scenario's.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Your own policy file.")] = None,
    evidence: Annotated[Path | None, typer.Option(help="Directory for the evidence.")] = None,
    profile: ProfileOption = ProfileName.fast,
    cluster: ClusterOption = DEFAULT_CLUSTER,
    nodes: NodesOption = DEFAULT_NODES,
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="KEY=VALUE", help="Setting of a scenario."),
    ] = None,
    format: FormatOption = Format.table,
    quiet: Quiet = False,
) -> None:
    """Run scenarios in a lab of their own and keep the evidence."""
    from testbed.scenario.run import registry, settings

    if list_:
        shipped = registry.shipped()
        rows = [[s.name, " ".join(s.claims), "yes" if s.long else "", s.sentence] for s in shipped]
        data: list[ScenarioRow] = [
            {"name": s.name, "claims": list(s.claims), "long": s.long, "shows": s.sentence}
            for s in shipped
        ]
        columns: list[Column | str] = ["scenario", "claims", Column("long", 1)]
        columns.append(Column("what it shows", prose=True))
        show(format, data, columns, rows)
        return
    scenarios = choose(names or [], all_, long)
    if policy is not None and not policy.is_file():
        raise TestbedError(
            f"{policy}: no such file", fix="--policy takes the path of a policy file"
        )
    own = key_values(with_, "--with")
    settings.check({s.name: s.settings for s in scenarios}, own)
    need_root()
    from testbed.host.progress import Progress
    from testbed.scenario.run import runner
    from testbed.scenario.run.directories import own_evidence
    from testbed.scenario.run.junit import write_junit

    if junit is not None:
        require_writable(junit)
    progress, unsuited, plan = Progress(quiet), dict[str, TestbedError](), None
    with ExitStack() as held:
        if lab is not None:
            plan, unsuited = take_lab(held, lab, scenarios, topology)
            if names and unsuited:
                raise next(iter(unsuited.values()))
            progress.note(f"in lab {lab}{_origin(context)}, which stays up")
        directory = evidence or new_run_directory()
        make_directory(directory)
        held.enter_context(own_evidence(directory))
        held.callback(hand_all_to_caller, directory)
        options = runner.Options(
            lab,
            directory,
            profile.value,
            topology,
            policy,
            keep,
            repeat,
            cluster,
            nodes,
            own,
            {name: f"{error.what}, and {error.why}" for name, error in unsuited.items()},
        )
        results = run_recorded(held, scenarios, options, progress, plan)
        if junit is not None:
            write_junit(results, junit)
    print_results(results, directory, format)
    if not all(r.right for r in results):
        raise typer.Exit(1)


def choose(names: Sequence[str], usual: bool, long: bool) -> list[Scenario]:
    """Raises TestbedError if it is not said which."""
    from testbed.scenario.run import registry

    if (usual or long) == bool(names):
        raise TestbedError("name scenarios, or give --all or --long", fix="testbed run --list")
    if names:
        return [registry.find(name) for name in names]
    return [found for found in registry.shipped() if (long if found.long else usual)]


def run_recorded(
    held: ExitStack,
    scenarios: Sequence[Scenario],
    options: Options,
    progress: Progress,
    plan: Plan | None,
    replays: str = "",
) -> list[ScenarioResult]:
    """Run them, and record it; `plan` is that of a lab that was up, `replays` the run repeated."""
    from testbed.host.files import write_atomically
    from testbed.lab.repeatable import keep_lab
    from testbed.records.credentials import without_credentials
    from testbed.records.recorder import keep_surroundings
    from testbed.records.recorder import recording as record_run
    from testbed.records.source import read_source
    from testbed.scenario.run import recording, runner

    directory, source = options.evidence, read_source()
    # Evidence of what was run, and of a full disk before a lab is brought up for nothing.
    write_atomically(directory / "command.txt", without_credentials(shlex.join(sys.argv)) + "\n")
    record = recording.new_record(
        run_name(directory), ("testbed", *sys.argv[1:]), options, source, replays
    )
    recording.keep_inputs(scenarios, options, directory)
    if plan is not None:
        keep_lab(directory, find_lab(options.lab or ""), plan)
    keep_surroundings(directory, record.environment, source)
    recorder = held.enter_context(record_run(run_store(), directory, record))
    return runner.run(scenarios, options, progress, lambda r: recorder.add(recording.outcome_of(r)))


def take_lab(
    held: ExitStack, name: str, scenarios: Sequence[Scenario], topology: str | None
) -> tuple[Plan, dict[str, TestbedError]]:
    """Keep other runs out of the lab; its plan, and scenario → error for those that do not suit."""
    from testbed.lab.state import foreign, recorded_plan
    from testbed.scenario.run.directories import only_run
    from testbed.scenario.run.suits import unsuited_ones

    lab = find_lab(name)
    lab.living()
    plan = recorded_plan(lab)
    if plan is None:
        raise foreign(lab, lab.up_command)
    found = unsuited_ones(scenarios, name, plan, topology)
    held.enter_context(only_run(lab.path, name))
    return plan, found


def _origin(context: typer.Context) -> str:
    """Where the lab's name comes from, if it was not typed."""
    source = context.get_parameter_source("lab")
    return " (TESTBED_NAME)" if source is not None and source.name == "ENVIRONMENT" else ""


def print_results(results: Sequence[ScenarioResult], evidence: Path, format: Format) -> None:
    columns = ["scenario", "verdict", "checks", "claims", "s"]
    rows = [
        [r.scenario, r.verdict, str(len(r.checks)), " ".join(r.claims), f"{r.seconds:.1f}"]
        for r in results
    ]
    show(format, [r.to_dict() for r in results], columns, rows)
    if format in (Format.table, Format.wide):
        print(f"evidence: {evidence}")
