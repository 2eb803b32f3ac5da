"""doctor: is this machine fit?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from testbed.cli.common import Format, FormatOption, print_json, show_table


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(doctor)


def doctor(
    strict: Annotated[bool, typer.Option(help="Exit 3 on warnings.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Check kernel features, programs, limits and leftovers; say what to do about each."""
    from testbed.doctor.cluster import cluster_checks
    from testbed.doctor.kernel import kernel_checks
    from testbed.doctor.machine import machine_checks
    from testbed.doctor.virtual import virtual_checks

    verdicts = machine_checks() + cluster_checks() + kernel_checks() + virtual_checks()
    if format is Format.json:
        print_json([asdict(v) for v in verdicts])
    else:
        marks = {"ok": "✓", "note": "·", "warn": "!", "fail": "✗"}
        rows = [[marks[v.level], v.check, v.seen, v.fix] for v in verdicts]
        show_table(None, ["", "check", "seen", "what to do"], rows)
    levels = {v.level for v in verdicts}
    if "fail" in levels:
        raise typer.Exit(4)
    if strict and "warn" in levels:
        raise typer.Exit(3)
