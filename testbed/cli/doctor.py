"""doctor: is this machine fit?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import Format, FormatOption, show
from testbed.report.tables import Column

if TYPE_CHECKING:
    from testbed.doctor.verdict import Verdict


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(doctor)


def doctor(
    strict: Annotated[bool, typer.Option(help="Exit 3 on warnings.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Check kernel features, programs, limits and leftovers; say what to do about each."""
    verdicts = all_verdicts()
    marks = {"ok": "✓", "note": "·", "warn": "!", "fail": "✗"}
    rows = [[marks[v.level], v.check, v.seen, v.fix] for v in verdicts]
    columns = [
        Column(""),
        Column("check"),
        Column("seen", prose=True),
        Column("what to do", prose=True),
    ]
    show(format, [asdict(v) for v in verdicts], columns, rows)
    levels = {v.level for v in verdicts}
    if "fail" in levels:
        raise typer.Exit(4)
    if strict and "warn" in levels:
        raise typer.Exit(3)


def all_verdicts() -> list[Verdict]:
    """Every check of this machine."""
    from testbed.doctor.cluster import cluster_checks
    from testbed.doctor.kernel import kernel_checks
    from testbed.doctor.machine import machine_checks
    from testbed.doctor.virtual import virtual_checks

    return machine_checks() + cluster_checks() + kernel_checks() + virtual_checks()
