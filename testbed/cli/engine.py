"""te: the TE engine."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from testbed.cli.common import (
    DEFAULT_LAB,
    Format,
    FormatOnlyOption,
    FormatOption,
    Name,
    enter,
    key_values,
    orchestrator_of,
    print_data,
    show,
)
from testbed.cli.completion import intents as kept_intents
from testbed.cli.completion import link_ends, nodes_and_pods, offering
from testbed.errors import TestbedError
from testbed.report.tables import show_table
from testbed.te.input_text import from_here, read_input

if TYPE_CHECKING:
    from testbed.lab.te.changes import IntentPlan
    from testbed.lab.te.loads import LinkLoads
    from testbed.plan.model import Plan

te_app = typer.Typer(
    help="The TE engine: intents, their paths, and the network as it is.", no_args_is_help=True
)
IntentFile = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="Intents; without it, those that the lab has."),
]


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
    from testbed.report.graph.drawing import LinksNow, graph_dot
    from testbed.report.live_topology import NODE_COLUMNS, live_topology

    asked = _router_of(plan, router or plan.routers[0].name)
    live = live_topology(plan, asked, link_state_at(plan, asked))
    if dot:
        gone = {one.subject for one in live.differences if one.kind == "link"}
        down = tuple(link for link, of in link_names(plan).items() if of in gone)
        print(graph_dot(plan, now=LinksNow(down)))
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


@te_app.command("plan")
def plan_intents(
    file: IntentFile = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if a policy would change.")
    ] = False,
    name: Name = DEFAULT_LAB,
    format: FormatOnlyOption = Format.table,
) -> None:
    """What `te apply` would change, on the network as it is now; nothing is changed."""
    file = from_here(file) if file else None
    plan = enter(name)
    from testbed.lab.te import engine, store
    from testbed.lab.te.changes import intent_plan
    from testbed.lab.te.engine import planned
    from testbed.lab.te.words import held_words

    kept = store.read(plan)
    if file is not None:
        kept, findings = engine.with_file(plan, read_input(file), file.name)
        _print_all(findings)
    found = planned(plan, kept)
    rows = intent_plan(plan, found, loads=True)
    if not print_data(rows.to_json(), format):
        _print_plan(rows, "would change")
        _print_loads(rows.loads)
        _print_all(map(held_words, found.held))
    if exit_code and found.delivery.changes:
        raise typer.Exit(1)


@te_app.command("apply")
def apply_intents(file: IntentFile = None, name: Name = DEFAULT_LAB) -> None:
    """Keep the intents of FILE beside the lab's others, plan all anew, announce their policies."""
    file = from_here(file) if file else None
    plan = enter(name)
    from testbed.lab.te import engine
    from testbed.lab.te.changes import intent_plan

    text = read_input(file) if file else None
    found, findings = engine.apply(plan, text, file.name if file else "")
    _print_all(findings)
    _print_plan(intent_plan(plan, found), "changes")
    _note_mode(plan)


@te_app.command("list")
def list_intents(name: Name = DEFAULT_LAB, format: FormatOption = Format.table) -> None:
    """The lab's intents pair by pair, as they would be planned now, and the load of links."""
    plan = enter(name)
    from testbed.lab.te import store
    from testbed.lab.te.engine import planned
    from testbed.lab.te.listing import COLUMNS, intent_rows
    from testbed.lab.te.loads import link_loads
    from testbed.lab.te.words import held_words

    found = planned(plan, store.read(plan))
    rows = intent_rows(found)
    show(format, [row.to_json() for row in rows], COLUMNS, [row.cells() for row in rows])
    if format in (Format.table, Format.wide):
        _print_loads(link_loads(found.decision))
        _print_all(map(held_words, found.held))


@te_app.command("explain")
def explain(
    intent: Annotated[str, typer.Argument(help="Its name.", autocompletion=offering(kept_intents))],
    name: Name = DEFAULT_LAB,
    format: FormatOption = Format.table,
) -> None:
    """Why an intent's path is what it is: next best, constraints, the segment list step by step."""
    plan = enter(name)
    from testbed.lab.te import store
    from testbed.lab.te.engine import planned, require_known
    from testbed.lab.te.explained import explain_intent, explained_text

    found = planned(plan, store.read(plan))
    if intent not in found.protected:
        require_known(found.kept, [intent])
    explained = explain_intent(plan, found, intent)
    if not print_data([one.to_json() for one in explained], format):
        print("\n\n".join(map(explained_text, explained)))


@te_app.command("delete")
def delete_intents(
    intents: Annotated[
        list[str], typer.Argument(help="Their names.", autocompletion=offering(kept_intents))
    ],
    name: Name = DEFAULT_LAB,
) -> None:
    """Forget intents: their policies are withdrawn, the others are planned anew."""
    plan = enter(name)
    from testbed.lab.te import engine
    from testbed.lab.te.changes import intent_plan

    _print_plan(intent_plan(plan, engine.delete(plan, intents)), "changes")


@te_app.command("whatif")
def what_if(
    down: Annotated[
        list[str] | None,
        typer.Option(
            help="A node or a link that is down, e.g. r6 or r3-r4.",
            autocompletion=offering(link_ends),
        ),
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="LINK=N", help="Another metric of a link.")
    ] = None,
    add_intent: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Intents beside the lab's.")
    ] = None,
    name: Name = DEFAULT_LAB,
    format: FormatOption = Format.table,
) -> None:
    """Which intents would move where if something were otherwise; touches nothing."""
    metrics = key_values(metric, "--metric")
    file = from_here(add_intent) if add_intent else None
    if not down and not metrics and file is None:
        fix = "--down r6, --down r3-r4, --metric r3-r4=50 or --add-intent FILE"
        raise TestbedError("nothing is asked that would be otherwise", fix=fix)
    plan = enter(name)
    from testbed.lab.te import engine, store
    from testbed.lab.te.what_if import Question
    from testbed.lab.te.what_if import what_if as answer

    kept = after = store.read(plan)
    if file is not None:
        after, findings = engine.with_file(plan, read_input(file), file.name)
        _print_all(findings)
    found = answer(plan, kept, after, Question(down or (), metrics))
    if not print_data(found.to_json(), format):
        _print_all(found.lines(), sys.stdout)


def _print_plan(rows: IntentPlan, words: str) -> None:
    lines = list(rows.lines())
    print("\n".join(lines) if lines else f"no policy {words}")
    _print_all(rows.lacking())


def _print_loads(loads: LinkLoads | None) -> None:
    if loads is not None:
        _print_all(("", *loads.lines()), sys.stdout)


def _print_all(lines: Iterable[object], stream: TextIO | None = None) -> None:
    for line in lines:
        print(line, file=stream or sys.stderr)


def _note_mode(plan: Plan) -> None:
    from testbed.orchestrators.agents import te_mode

    if te_mode(orchestrator_of(plan).api(plan)) != "bgp":
        print("note: TE mode is configmap; `testbed mode bgp` makes it count", file=sys.stderr)
