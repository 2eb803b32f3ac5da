"""diff: two runs compared, and the likely cause of each difference."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import Format, FormatOption, print_data
from testbed.cli.completion import offering
from testbed.cli.completion import runs as run_names
from testbed.cli.runs import run_store
from testbed.report.tables import Column, show_table

if TYPE_CHECKING:
    from testbed.replay.diff import Diff, ResultRow

NAMED = "Name, the beginning of one, latest or previous."
SHOWN = 4  # conditions of one area in a narrow table
EvenSo = Annotated[
    bool, typer.Option("--even-so", help="Also a run whose files are not as they were recorded.")
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("diff")(diff_runs)


def diff_runs(
    a: Annotated[
        str, typer.Argument(metavar="[A]", help=NAMED, autocompletion=offering(run_names))
    ] = "previous",
    b: Annotated[
        str, typer.Argument(metavar="[B]", help=NAMED, autocompletion=offering(run_names))
    ] = "latest",
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if a result differs, as git's.")
    ] = False,
    even_so: EvenSo = False,
    format: FormatOption = Format.table,
) -> None:
    """What two runs' results and conditions differ in; of each difference the likely cause."""
    from testbed.replay.diff import diff
    from testbed.replay.evidence import read_evidence

    store = run_store()
    runs = store.find(a), store.find(b)
    found = diff(runs, (read_evidence(runs[0], even_so), read_evidence(runs[1], even_so)))
    if not print_data(found, format):
        _print(found, format is Format.wide)
    if exit_code and any(row["differs"] for row in found["results"]):
        raise typer.Exit(1)


def _print(found: Diff, wide: bool) -> None:
    from testbed.replay.diff import result_cells

    for side in ("a", "b"):
        run = found["a"] if side == "a" else found["b"]
        replays = f", replays {run['replays']}" if run["replays"] else ""
        print(f"{side.upper()}: {run['run']} ({run['standing']}{replays})")
    print()
    shown = [row for row in found["results"] if wide or row["differs"] or row["verdict"]]
    if shown:
        columns: list[Column | str] = [Column("result", prose=True), "A", "B"]
        columns += [Column("B is", prose=True), Column("likely cause", prose=True)]
        show_table(None, columns, [result_cells(row) for row in shown], wide)
    print(_summary(found["results"]))
    _print_conditions(found, wide)


def _summary(results: list[ResultRow]) -> str:
    differing = sum(row["differs"] for row in results)
    same = len(results) - differing
    return f"{differing} of {len(results)} results differ, {same} do not"


def _print_conditions(found: Diff, wide: bool) -> None:
    from testbed.replay.diff import condition_cells

    rows, counts = [], Counter[str]()
    for row in found["conditions"]:
        counts[row["area"]] += 1
        if wide or counts[row["area"]] <= SHOWN:
            rows.append(condition_cells(row))
    print()
    if rows:
        columns: list[Column | str] = ["condition", Column("name", prose=True)]
        columns += [Column("A", prose=True), Column("B", prose=True)]
        show_table(None, columns, rows, wide)
    else:
        print("nothing that both recorded of their conditions differs")
    more = [f"{n - SHOWN} more of {area}" for area, n in counts.items() if n > SHOWN]
    if more and not wide:
        print(f"{', '.join(more)}: -o wide")
    if found["not_recorded"]:
        print(f"not recorded in one of the two: {', '.join(found['not_recorded'])}")
