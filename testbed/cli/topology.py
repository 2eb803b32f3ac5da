"""validate, graph: what needs neither root nor a lab."""

from __future__ import annotations

from pathlib import Path
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
    directory,
    key_values,
    print_data,
    unwritable,
)
from testbed.cli.completion import labs, offering, topologies
from testbed.errors import TestbedError
from testbed.host.for_caller import write_for_caller

if TYPE_CHECKING:
    from testbed.plan.model import Plan

# Without TESTBED_NAME: what is drawn is a topology, unless a lab is named.
GraphedLab = Annotated[
    str | None,
    typer.Option(
        "--name",
        "-n",
        metavar="LAB",
        help="Draw this lab's topology.",
        autocompletion=offering(labs),
    ),
]


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(validate)
    app.command()(graph)


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


def graph(
    topology: Annotated[
        str | None,
        typer.Argument(
            help="A shipped topology or a .py file; default: full.",
            autocompletion=offering(topologies),
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="FILE.svg, FILE.png or FILE.dot")
    ] = None,
    profile: ProfileOption = ProfileName.fast,
    params: Params = None,
    name: GraphedLab = None,
) -> None:
    """Draw a topology, or that of a lab: on the terminal, or as SVG, PNG or dot."""
    from testbed.report.graph import drawing as drawing
    from testbed.topology.load import load_plan

    if name is None:
        plan = load_plan(topology or "full", profile.value, key_values(params))
    elif topology is None and not params:
        plan = _plan_of_lab(name)
    else:
        raise TestbedError("a lab has its topology", fix=f"testbed graph -n {name}, or without -n")
    if out is None:
        print(drawing.graph_text(plan))
    elif out.suffix in (".svg", ".dot"):
        draw = drawing.graph_svg if out.suffix == ".svg" else drawing.graph_dot
        _write_drawing(out, draw(plan))
    elif out.suffix == ".png":
        drawing.graph_png(plan, out)
    else:
        raise TestbedError(f"{out}: unknown kind of picture", fix="use .svg, .png or .dot")


def _plan_of_lab(name: str) -> Plan:
    """What is on record of a living lab; everybody may read it."""
    from testbed.lab.state import foreign, recorded_plan

    lab = directory(name)
    lab.living()
    plan = recorded_plan(lab)
    if plan is None:
        raise foreign(lab, lab.up_command)
    return plan


def _write_drawing(file: Path, text: str) -> None:
    try:
        write_for_caller(file, text)
    except OSError as error:
        raise unwritable(file, error) from None
