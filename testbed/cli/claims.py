"""claims: what the runs on this machine say of each claim of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import Format, FormatOption, show, unwritable
from testbed.cli.runs import run_store
from testbed.report.tables import Column

if TYPE_CHECKING:
    from testbed.records.claims.ledger import ClaimRow
    from testbed.records.record import RunRecord

LEDGER = "claims-ledger.json"  # beside the page


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(claims)


def claims(
    write: Annotated[
        Path | None,
        typer.Option(metavar="PAGE", help=f"Bring a page up to date, and {LEDGER} beside it."),
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Each claim of the paper: reproduced, deviates, or not run here; from the records of runs."""
    from testbed.records.claims.ledger import ledger
    from testbed.records.claims.paper import MEASURED
    from testbed.scenario.run import registry

    records = [run.record for run in run_store().runs()]
    scenarios = {scenario.name: scenario.claims for scenario in registry.shipped()} | MEASURED
    if write is not None:
        _write(write, records, scenarios)
        return
    rows = ledger(records, scenarios)
    columns: list[Column | str] = ["claim", "answer", Column("last", 1), Column("run", 3)]
    columns += [Column("commit", 4), Column("nodes", 2), Column("what", prose=True)]
    show(format, rows, columns, [_cells(row) for row in rows])


def _cells(row: ClaimRow) -> list[str]:
    """claim, answer, date, run and commit of the last verdict, nodes, what is to be said."""
    last = max(row["verdicts"], key=lambda verdict: verdict["at"], default=None)
    date, run, commit = "-", "-", "-"
    if last is not None:
        date, run, commit = last["at"].date().isoformat(), last["run"], last["commit"][:7] or "-"
    nodes = sorted({one["nodes"] for one in row["verdicts"]})
    said = [text for text in (row["why"], *row["missing"]) if text]
    return [
        row["claim"],
        row["answer"],
        date,
        run,
        commit,
        ", ".join(nodes) or "-",
        "; ".join(said) or row["says"],
    ]


def _write(
    page: Path, records: Sequence[RunRecord], scenarios: Mapping[str, Sequence[str]]
) -> None:
    """The file of records first, from which the page follows; what was in it counts on."""
    from testbed.host.files import write_atomically
    from testbed.records.claims.page import dump, kept_records, load, part, replaced

    file = page.with_name(LEDGER)
    before = load(file.read_text(), str(file))[0] if file.exists() else []
    text = dump(kept_records([*before, *records]), scenarios)
    try:
        new = replaced(page.read_text(), part(text, str(file)), str(page))
        write_atomically(file, text)
        write_atomically(page, new)
    except OSError as error:
        raise unwritable(page, error) from None
    print(f"{page}: {len(records)} runs")
