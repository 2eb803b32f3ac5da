"""run: scenarios, with evidence, a summary and JUnit."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import Annotated

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
    hand_to_caller,
    key_values,
    make_directory,
    need_root,
    show,
)
from testbed.cli.completion import labs, offering, scenarios
from testbed.cli.crash import state_home
from testbed.errors import TestbedError
from testbed.report.tables import Column


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("run")(run)


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Scenarios, or .py files.", autocompletion=offering(scenarios)),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every shipped scenario.")] = False,
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
        rows = [[s.name, " ".join(s.claims), s.sentence] for s in shipped]
        data = [{"name": s.name, "claims": list(s.claims), "shows": s.sentence} for s in shipped]
        show(format, data, ["scenario", "claims", Column("what it shows", prose=True)], rows)
        return
    if all_ == bool(names):
        raise TestbedError("name scenarios, or give --all", fix="testbed run --list")
    scenarios = registry.shipped() if all_ else [registry.find(n) for n in names or []]
    if policy is not None and not policy.is_file():
        raise TestbedError(f"{policy}: no such file")
    own = key_values(with_, "--with")
    settings.check({s.name: s.settings for s in scenarios}, own)
    need_root()
    from testbed.host.files import write_atomically
    from testbed.host.progress import Progress
    from testbed.scenario.run import runner
    from testbed.scenario.run.junit import write_junit

    directory = evidence or state_home() / "runs" / time.strftime("%Y%m%d-%H%M%S")
    make_directory(directory)
    # Evidence of what was run, and of a full disk before a lab is brought up for nothing.
    write_atomically(directory / "command.txt", shlex.join(sys.argv) + "\n")
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
    )
    results = runner.run(scenarios, options, Progress(quiet))
    if junit is not None:
        write_junit(results, junit)
        hand_to_caller(junit)
    for path in [directory, *directory.rglob("*")]:
        hand_to_caller(path)
    columns = ["scenario", "verdict", "checks", "claims", "s"]
    rows = [
        [r.scenario, r.verdict, str(len(r.checks)), " ".join(r.claims), f"{r.seconds:.1f}"]
        for r in results
    ]
    show(format, [r.to_dict() for r in results], columns, rows)
    if format in (Format.table, Format.wide):
        print(f"evidence: {directory}")
    if not all(r.right for r in results):
        raise typer.Exit(1)
