"""netpol explain: what NetworkPolicies make of a connection."""

from __future__ import annotations

from typing import Annotated

import typer

from testbed.cli.common import DEFAULT_LAB, Format, FormatOption, Name, enter, orchestrator_of, show
from testbed.cli.completion import offering, pods
from testbed.errors import TestbedError

app = typer.Typer(help="NetworkPolicies: explain.", no_args_is_help=True)

End = Annotated[
    str,
    typer.Argument(
        help="A pod, NAMESPACE/POD, or an address.", autocompletion=offering(pods), metavar="END"
    ),
]


@app.callback()
def group() -> None:
    """Keeps `explain` a command of a group."""


@app.command()
def explain(
    source: End,
    destination: End,
    port: Annotated[str, typer.Argument(help="Of the destination: 80, or 53/UDP.")],
    name: Name = DEFAULT_LAB,
    format: FormatOption = Format.table,
) -> None:
    """May SOURCE reach DESTINATION at PORT? Which rule allows it, or which policies do not."""
    plan = enter(name)
    from dataclasses import asdict

    from testbed.lab.isolation import COLUMNS
    from testbed.lab.isolation import explain as judge

    if not plan.enforces_network_policies:
        raise TestbedError(
            "NetworkPolicies are not enforced in this lab",
            why="the testbed's agents do so in labs with Kubernetes",
            fix="testbed up --cluster kubernetes --recreate",
        )
    found = judge(orchestrator_of(plan).api(plan), source, destination, port)
    show(format, [asdict(one) for one in found], COLUMNS, [one.row() for one in found])
