"""validate: what needs neither root nor a lab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import (
    DEFAULT_CLUSTER,
    ClusterOption,
    Format,
    FormatOption,
    Params,
    ProfileName,
    ProfileOption,
    key_values,
    print_data,
)
from testbed.cli.completion import offering, topologies

if TYPE_CHECKING:
    pass


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(validate)


def validate(
    topology: Annotated[
        str,
        typer.Argument(
            help="A shipped topology or a .py file.", autocompletion=offering(topologies)
        ),
    ],
    profile: ProfileOption = ProfileName.fast,
    cluster: ClusterOption = DEFAULT_CLUSTER,
    params: Params = None,
    format: FormatOption = Format.table,
) -> None:
    """Check a topology; all errors at once, each with its line and a fix."""
    from testbed.plan.problems import InvalidPlan
    from testbed.plan.resolve import resolve
    from testbed.topology.load import load_plan

    try:
        plan = resolve(load_plan(topology, profile.value, key_values(params)), cluster)
    except InvalidPlan as error:
        if print_data([p.model_dump() for p in error.problems], format):
            raise typer.Exit(2) from None
        raise
    if print_data(plan.model_dump(mode="json"), format):
        return
    counts = f"{len(plan.routers)} routers, {len(plan.nodes) - len(plan.routers)} other nodes"
    print(f"{plan.topology}: {counts}, {len(plan.links)} links, pod MTU {plan.pod_mtu}: valid")
