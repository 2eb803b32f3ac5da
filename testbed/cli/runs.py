"""runs: the records of `testbed run`, and their crates."""

from __future__ import annotations

import os
import shutil
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import Format, FormatOption, need_root, print_data, show, unwritable
from testbed.cli.completion import offering
from testbed.cli.completion import runs as run_names
from testbed.cli.crash import state_home
from testbed.errors import TestbedError
from testbed.report.tables import Column, show_table, terminal_width

if TYPE_CHECKING:
    from testbed.records.rows import PrunedRow, RunDetails
    from testbed.records.store import Store, StoredRun

_STAMP = "%Y%m%d-%H%M%S"
RunName = Annotated[
    str,
    typer.Argument(
        metavar="[RUN]",
        help="Name, the beginning of one, or latest.",
        autocompletion=offering(run_names),
    ),
]


def run_store() -> Store:
    """The runs of this user."""
    from testbed.records.store import Store

    return Store(state_home() / "runs")


def new_run_directory() -> Path:
    """A new directory in the store, named by the time. Raises OSError."""
    from testbed.host.for_caller import make_directory
    from testbed.scenario.run.directories import new_directory

    runs = run_store().directory
    make_directory(runs)
    return new_directory(runs, time.strftime(_STAMP))


def remove_unbegun(directory: Path) -> None:
    """A directory in the store in which no run was recorded."""
    from testbed.records.crate import METADATA

    if not (directory / METADATA).exists():
        shutil.rmtree(directory, ignore_errors=True)


def run_name(directory: Path) -> str:
    """That of its directory in the store; evidence elsewhere may have any name."""
    if directory.parent.resolve() == run_store().directory.resolve():
        return directory.name
    return f"{time.strftime(_STAMP)}-{os.getpid()}"


def register(app: typer.Typer) -> None:
    """Adds the group `runs`."""
    group = typer.Typer(
        name="runs", help="Records of runs: list, look at, pass on.", no_args_is_help=True
    )
    group.command("list")(list_)
    group.command("show")(show_run)
    group.command("prune")(prune)
    group.command("export")(export)
    group.command("import")(import_)
    app.add_typer(group, name="runs")


def list_(format: FormatOption = Format.table) -> None:
    """All runs, the oldest first."""
    from testbed.records.rows import cells, row

    rows = [row(run) for run in run_store().runs()]
    columns: list[Column | str] = [
        "run",
        "standing",
        Column("verdicts", prose=True),
        Column("scenarios", 2, prose=True),
        Column("nodes", 1),
        Column("commit", 3),
    ]
    show(format, rows, columns, [cells(one) for one in rows])


def show_run(run: RunName = "latest", format: FormatOption = Format.table) -> None:
    """One run: what was run and where, its outcomes, and whether its files are unchanged."""
    from testbed.records.rows import facts, outcome_cells

    details = _details(run_store().find(run))
    data = {**details, "record": details["record"].model_dump(mode="json")}
    if print_data(data, format):
        return
    wide = format is Format.wide
    print("\n".join(facts(details, None if wide else terminal_width())))
    columns: list[Column | str] = ["scenario", "verdict", Column("claims", 2), Column("checks", 3)]
    columns += [Column("s", 4), Column("nodes", 1), Column("why", prose=True)]
    print()
    show_table(None, columns, [outcome_cells(o) for o in details["record"].outcomes], wide)


def prune(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="These.", autocompletion=offering(run_names)),
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="All but the N newest.")
    ] = None,
    older_than: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Those that began before.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be removed, remove nothing.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Remove the evidence of runs; what became of them stays on record."""
    from testbed.records.recorder import now
    from testbed.records.store import size_of, to_prune

    if bool(runs) == (keep is not None or older_than is not None):
        raise TestbedError(
            "name runs, or give --keep N or --older-than DAYS", fix="testbed runs prune --keep 20"
        )
    store = run_store()
    if runs:
        chosen = [run for run in (store.find(name) for name in runs) if run.has_evidence]
    else:
        age = timedelta(days=older_than) if older_than is not None else None
        chosen = to_prune(store.runs(), keep, age, now())
    rows: list[PrunedRow] = []
    for run in chosen:
        rows.append({"run": run.name, "bytes": size_of(run.path), "removed": not dry_run})
        if not dry_run:
            _prune(store, run)
    show(format, rows, ["run", "bytes", "removed"], [[*map(str, r.values())] for r in rows])


def export(
    run: RunName = "latest",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: RUN.crate.zip")
    ] = None,
) -> None:
    """Write a run's crate (RO-Crate) as one ZIP file, without what holds secrets."""
    from testbed.records.archive import SUFFIX
    from testbed.records.archive import export as write

    found = run_store().find(run)
    target = output or Path(f"{found.name}{SUFFIX}")
    try:
        count = write(found, target)
    except OSError as error:
        raise unwritable(target, error) from None
    print(f"{target}: run {found.name}, {count} files")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `runs export` wrote.")],
) -> None:
    """Take in a run of another machine, if each of its files is as it was recorded."""
    from testbed.records.archive import take_in
    from testbed.records.recorder import now

    if not file.is_file():
        raise TestbedError(f"{file}: no such file", fix="give what `testbed runs export` wrote")
    name, is_new = take_in(file, run_store(), now())
    print(f"{name}: imported" if is_new else f"{name}: already there")


def _details(run: StoredRun) -> RunDetails:
    from testbed.records.archive import read_crate
    from testbed.records.crate import Crate
    from testbed.records.digests import differing

    try:
        crate = read_crate(run)
    except TestbedError:
        crate = Crate(run.record, ())
    return {
        "run": run.name,
        "standing": run.standing,
        "evidence": run.path,
        "files": len(crate.files),
        "bytes": sum(file.size for file in crate.files),
        "differing": differing(run.path, crate),
        "record": run.record,
    }


def _prune(store: Store, run: StoredRun) -> None:
    """As root where the run was killed before its files were handed to the user."""
    from testbed.records.recorder import now

    try:
        store.prune(run, now())
    except PermissionError:
        if os.geteuid() == 0:
            raise
        print(f"{run.name} has files of root", file=sys.stderr)
        need_root()
