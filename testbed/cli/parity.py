"""parity: do nodes as virtual machines do what nodes as namespaces do?"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import (
    Format,
    FormatOption,
    Quiet,
    need_root,
    print_data,
)
from testbed.cli.crash import state_home
from testbed.host.for_caller import hand_all_to_caller, make_directory
from testbed.report.tables import show_table

if TYPE_CHECKING:
    from testbed.scenario.run.parity import Row

WIDTH = 80
SCENARIOS = ["smoke", "best-effort", "te-bgp", "te-configmap", "node-join"]


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(parity)


def parity(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Scenarios. Default: {' '.join(SCENARIOS)}.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Every shipped scenario but the long ones.")
    ] = False,
    machines: Annotated[
        str | None,
        typer.Option(help="A lab of virtual machines that is up, for those that it suits."),
    ] = None,
    of: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--of", metavar="DIR DIR", help="Run nothing: compare two runs' evidence."),
    ] = None,
    evidence: Annotated[Path | None, typer.Option(help="Directory for the evidence.")] = None,
    format: FormatOption = Format.table,
    quiet: Quiet = False,
) -> None:
    """Run scenarios on both kinds of nodes, and put both runs side by side."""
    from testbed.scenario.run.parity import compare
    from testbed.scenario.run.result import read_results

    if of is not None:
        _conclude(compare(read_results(of[0]), read_results(of[1])), format)
        return
    need_root()
    from testbed.host.progress import Progress
    from testbed.scenario.run import registry
    from testbed.scenario.run.both import Both, run_both

    chosen = registry.usual() if all_ else [registry.find(n) for n in names or SCENARIOS]
    directory = evidence or state_home() / "parity" / time.strftime("%Y%m%d-%H%M%S")
    make_directory(directory)
    try:
        rows = run_both(Both(chosen, directory, machines), Progress(quiet))
    finally:
        hand_all_to_caller(directory)
    if not quiet:
        print(f"evidence: {directory}", file=sys.stderr)
    _conclude(rows, format)


def _conclude(rows: Sequence[Row], format: Format) -> None:
    """Show them; exit code 1 unless both kinds did the same, and it was right."""
    from testbed.scenario.run.parity import data_of

    if not print_data(data_of(rows), format):
        _show(rows)
    right = ("pass", "not applicable")
    if not all(row.equal and all(v in right for v in row.verdicts) for row in rows):
        raise typer.Exit(1)


def _show(rows: Sequence[Row]) -> None:
    """The table, then what differs and what may."""
    from testbed.scenario.run.parity import DECLARED

    columns = ["scenario", "namespaces", "VMs", "seconds", "checks", "paths", "differ"]
    cells = [
        [
            *(row.scenario, *row.verdicts, "/".join(f"{s:.0f}" for s in row.seconds)),
            *(str(row.checks), str(row.paths), str(len(row.differences) or "no")),
        ]
        for row in rows
    ]
    show_table(None, columns, cells)
    for row in rows:
        for text in (*row.differences, *filter(None, [row.excused])):
            print(fill(f"{row.scenario}: {text}", WIDTH, subsequent_indent="  "))
    print("What may differ:")
    for what, why in DECLARED.items():
        print(fill(f"{what}: {why}", WIDTH, initial_indent="  ", subsequent_indent="    "))
