"""bench: measure and write down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.common import (
    DEFAULT_NODES,
    NodesOption,
    Quiet,
    need_root,
)
from testbed.host.for_caller import write_for_caller


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(bench)


def bench(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Markdown file.")] = None,
    quick: Annotated[bool, typer.Option(help="Few samples, for a look.")] = False,
    nodes: NodesOption = DEFAULT_NODES,
    quiet: Quiet = False,
) -> None:
    """Measure start, convergence, policies and failures; medians with the machine described."""
    need_root()
    from testbed.host.progress import Progress

    if nodes == "vagrant":
        from testbed.bench import machines

        report = machines.run(Progress(quiet), 2 if quick else 3)
    else:
        from testbed.bench import suite

        report = suite.run(Progress(quiet), quick)
    if out is None:
        print(report, end="")
    else:
        write_for_caller(out, report)
