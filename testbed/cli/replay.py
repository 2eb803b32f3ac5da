"""replay: a run repeated from its crate."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import Format, FormatOption, Quiet, need_root
from testbed.cli.completion import labs, offering
from testbed.cli.diff import EvenSo
from testbed.cli.run import print_results, run_recorded, take_lab
from testbed.cli.runs import RunName, new_run_directory, remove_unbegun, run_store
from testbed.report.tables import Column, lay_out

if TYPE_CHECKING:
    from testbed.host.progress import Progress
    from testbed.replay.areas import Unlike
    from testbed.replay.recipe import Recipe
    from testbed.scenario.run.registry import Scenario

SHOWN = 4  # conditions of one area
WIDTH = 80


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(replay)


def replay(
    run: RunName = "latest",
    lab: Annotated[
        str | None,
        typer.Option(
            "--name",
            "-n",
            metavar="LAB",
            help="Use this lab, which is up, instead of one of its own.",
            autocompletion=offering(labs),
        ),
    ] = None,
    evidence: Annotated[Path | None, typer.Option(help="Directory for the evidence.")] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Run the code of a crate that was made elsewhere.")
    ] = False,
    even_so: EvenSo = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what cannot be made the same; run nothing.")
    ] = False,
    format: FormatOption = Format.table,
    quiet: Quiet = False,
) -> None:
    """Repeat a run from its crate: same inputs, options, seeds; says first what cannot be the same.

    A crate's topologies and scenarios are code. Topologies run as you, scenarios as root.
    """
    from testbed.replay import again
    from testbed.replay.evidence import evidence_in, intact_crate

    found = run_store().find(run)
    crate = intact_crate(found, even_so)
    if not trust:
        again.refuse_foreign(found, crate)
    then = evidence_in(found.path, crate)
    need_root()
    from testbed.host.for_caller import hand_all_to_caller, make_directory
    from testbed.host.progress import Progress

    progress = Progress(quiet)
    with ExitStack() as held:
        if dry_run:
            directory = Path(held.enter_context(tempfile.TemporaryDirectory()))
        else:
            directory = (evidence or new_run_directory()).resolve()
            make_directory(directory)
            if evidence is None:
                held.callback(remove_unbegun, directory)
        held.callback(hand_all_to_caller, directory)
        recipe, scenarios = again.prepare(found, crate, directory, even_so)
        hand_all_to_caller(directory)  # a topology is evaluated as the caller
        again.set_variables(recipe, os.environ)
        if not recipe.is_whole:
            progress.note("its crate has no topologies and policies: this testbed's are taken")
        _print_unlike(found.name, again.what_is_unlike(recipe, scenarios, then, lab))
        if dry_run:
            return
        used = held.enter_context(again.lab_for(recipe, lab, progress))
        if recipe.kind == "evaluation":
            words = ["-o", format.value, *(["--quiet"] if quiet else [])]
            code = again.evaluate_again(recipe, used or "", found.name, words)
        else:
            code = _run(recipe, scenarios, used, found.name, format, progress)
    print(f"compare: testbed diff {found.name} {directory.name}", file=sys.stderr)
    if code:
        raise typer.Exit(code)


def _run(
    recipe: Recipe,
    scenarios: Sequence[Scenario],
    lab: str | None,
    run: str,
    format: Format,
    progress: Progress,
) -> int:
    """Repeat scenarios; the exit code."""
    from testbed.replay.again import options_of
    from testbed.scenario.run.directories import own_evidence

    plan = None
    with ExitStack() as held:
        if lab is not None:
            plan, unsuited = take_lab(held, lab, scenarios, None)
            if unsuited:
                raise next(iter(unsuited.values()))
        held.enter_context(own_evidence(recipe.directory))
        options = options_of(recipe, recipe.directory, lab)
        results = run_recorded(held, scenarios, options, progress, plan, run)
    print_results(results, recipe.directory, format)
    return 0 if all(result.right for result in results) else 1


def _print_unlike(run: str, unlike: Sequence[Unlike]) -> None:
    """On stderr: stdout has the results."""
    from testbed.replay.diff import condition_cells

    if not unlike:
        print(f"{run}: everything that is recorded is the same here", file=sys.stderr)
        return
    counts, rows = Counter[str](), list[list[str]]()
    for one in unlike:
        counts[one["area"]] += 1
        if counts[one["area"]] <= SHOWN:
            rows.append(condition_cells(one))
    columns = [Column("not the same"), Column("", prose=True)]
    columns += [Column("then", prose=True), Column("now", prose=True)]
    print("\n".join(lay_out(columns, rows, WIDTH)), file=sys.stderr)
    more = [f"{n - SHOWN} more of {area}" for area, n in counts.items() if n > SHOWN]
    if more:
        print(f"and {', '.join(more)}: `testbed diff` has all", file=sys.stderr)
