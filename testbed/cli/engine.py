"""te: the TE engine."""

from __future__ import annotations

from typing import Annotated

import typer

from testbed.cli.common import DEFAULT_LAB, Format, FormatOption, Name, enter, print_data
from testbed.cli.completion import nodes_and_pods, offering
from testbed.errors import TestbedError
from testbed.plan.model import Plan
from testbed.report.tables import show_table

te_app = typer.Typer(help="The TE engine: the network as it is.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.add_typer(te_app, name="te")


@te_app.command("topology")
def topology(
    router: Annotated[
        str | None,
        typer.Option(
            help="Whose database; default: the first.", autocompletion=offering(nodes_and_pods)
        ),
    ] = None,
    dot: Annotated[bool, typer.Option("--dot", help="Graphviz; missing links are dashed.")] = False,
    name: Name = DEFAULT_LAB,
    format: FormatOption = Format.table,
) -> None:
    """The network as a router's link-state database has it now, and what differs from the plan."""
    plan = enter(name)
    from testbed.backbone.link_state import link_state_at
    from testbed.engine.from_plan import link_names
    from testbed.report.graph.drawing import graph_dot
    from testbed.report.live_topology import NODE_COLUMNS, live_topology

    asked = _router_of(plan, router or plan.routers[0].name)
    live = live_topology(plan, asked, link_state_at(plan, asked))
    if dot:
        gone = {one.subject for one in live.differences if one.kind == "link"}
        print(graph_dot(plan, [link for link, of in link_names(plan).items() if of in gone]))
    elif not print_data(live.to_dict(), format):
        show_table(None, NODE_COLUMNS, live.rows(), format is Format.wide)
        told = [str(one) for one in live.differences] or ["as planned"]
        print("\n".join(["", *told]))


@te_app.command("protection")
def protection(
    router: Annotated[
        str | None,
        typer.Option(
            help="Show each destination of this one.", autocompletion=offering(nodes_and_pods)
        ),
    ] = None,
    name: Name = DEFAULT_LAB,
    format: FormatOption = Format.table,
) -> None:
    """How routers protect what they reach against failures of their links and neighbours."""
    plan = enter(name)
    from testbed.lab.protection import protection_of
    from testbed.report.protection import BACKUP_COLUMNS, LINK_COLUMNS

    if router is not None:
        _router_of(plan, router)
    found = protection_of(plan)
    if print_data(found.to_dict(), format):
        return
    columns = LINK_COLUMNS if router is None else BACKUP_COLUMNS
    rows = found.by_link() if router is None else found.of_router(router)
    show_table(None, columns, rows, format is Format.wide)
    off = "local repair is off: routers have none of these; " if plan.repair == "off" else ""
    print(f"\n{off}{found.summary}")


def _router_of(plan: Plan, name: str) -> str:
    """The name, if it is a router's. Raises TestbedError."""
    from testbed.object_fields.close import did_you_mean

    routers = [node.name for node in plan.routers]
    if name not in routers:
        fix = did_you_mean(name, routers) or f"the routers are {', '.join(routers)}"
        raise TestbedError(f"there is no router {name!r}", fix=fix)
    return name
