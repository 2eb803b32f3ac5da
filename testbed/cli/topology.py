"""validate, graph: what needs neither root nor a lab."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
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
    enter,
    in_this_lab,
    key_values,
    print_data,
    recorded,
    unwritable,
)
from testbed.cli.completion import labs, offering, topologies
from testbed.errors import TestbedError
from testbed.host.for_caller import write_for_caller

if TYPE_CHECKING:
    from testbed.plan.model import Link, Plan

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
    """Draw a topology, or that of a lab: on the terminal, or as SVG, PNG or dot.

    Root sees which links of the lab are down, and how they are shaped now; others see its plan.
    """
    from testbed.report.graph import drawing as drawing
    from testbed.topology.load import load_plan

    out = out.absolute() if out else None  # a lab has another working directory
    down: Sequence[Link] = ()
    if name is None:
        plan = load_plan(topology or "full", profile.value, key_values(params))
    elif topology is None and not params:
        plan, down = _look_into(name)
    else:
        raise TestbedError("a lab has its topology", fix=f"testbed graph -n {name}, or without -n")
    if out is None:
        print(drawing.graph_text(plan, down))
    elif out.suffix in (".svg", ".dot"):
        svg = out.suffix == ".svg"
        _write_drawing(
            out, drawing.graph_svg(plan, down=down) if svg else drawing.graph_dot(plan, down)
        )
    elif out.suffix == ".png":
        drawing.graph_png(plan, out, down)
    else:
        raise TestbedError(f"{out}: unknown kind of picture", fix="use .svg, .png or .dot")


def _look_into(name: str) -> tuple[Plan, Sequence[Link]]:
    """A lab's plan as its links are now, and those that are down; others than root see the plan."""
    if os.geteuid() != 0:
        return _as_planned(recorded(name), "root sees links that are down or shaped"), ()
    if not directory(name).built:
        return _as_planned(recorded(name), "the lab is half built"), ()
    from testbed.backbone import build, links_now

    plan = enter(name)
    if build.damage(plan):
        return _as_planned(plan, "`testbed status` says what is missing"), ()
    now = links_now.as_shaped_now(plan)
    return now, build.links_down(now)


def _as_planned(plan: Plan, why: str) -> Plan:
    print(f"note: drawn as planned; {in_this_lab(why)}", file=sys.stderr)
    return plan


def _write_drawing(file: Path, text: str) -> None:
    try:
        write_for_caller(file, text)
    except OSError as error:
        raise unwritable(file, error) from None
