"""Prints tables to terminals and pipes."""

from __future__ import annotations

import os
import sys


def show_table(title: str | None, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table on stdout, as plain text if stdout is no terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "120"))
    Console(width=width, highlight=False, markup=False).print(table)
