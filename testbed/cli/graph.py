"""graph: a topology, or a lab as it is now, on the terminal or as a picture."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import (
    Params,
    ProfileName,
    ProfileOption,
    directory,
    enter,
    in_this_lab,
    key_values,
    recorded,
    unwritable,
)
from testbed.cli.completion import intents as kept_intents
from testbed.cli.completion import labs, offering, topologies
from testbed.errors import CheckFailed, TestbedError
from testbed.host.for_caller import write_for_caller
from testbed.host.terminal import is_colourful

if TYPE_CHECKING:
    from testbed.lab.te.drawn import DrawnIntents
    from testbed.plan.model import Link, Plan
    from testbed.report.graph.highlight import Highlight
    from testbed.report.graph.links_now import LinksNow

# Without TESTBED_NAME: what is drawn is a topology, unless a lab is named.
GraphedLab = Annotated[
    str | None,
    typer.Option(
        "--name",
        "--lab",
        "-n",
        metavar="LAB",
        help="Draw this lab as it is.",
        autocompletion=offering(labs),
    ),
]
DrawnIntent = Annotated[
    list[str] | None,
    typer.Option(
        "--intent",
        metavar="INTENT",
        help="Draw this intent of the lab, instead of the first ones; repeatable.",
        autocompletion=offering(kept_intents),
    ),
]


@dataclass(frozen=True)
class _Lab:
    """A lab's plan, what is known of its links, and its intents, as far as they can be seen."""

    plan: Plan
    now: LinksNow
    highlights: tuple[Highlight, ...] = ()
    sentences: tuple[str, ...] = ()


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(graph)


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
    intent: DrawnIntent = None,
) -> None:
    """Draw a topology, or a lab as it is: on the terminal, or as SVG, PNG or dot.

    Root sees which links of the lab are down, how they are shaped, what they carry (over half a
    second), and the paths of TE intents, backups dashed; others see its plan.
    """
    out = out.absolute() if out else None  # a lab has another working directory
    lab = _choose(topology, profile, params, name, intent or [])
    from testbed.report.graph import drawing as drawing

    if out is None:
        text = drawing.graph_text(lab.plan, lab.now, lab.sentences)
        print(_with_red(text, lab.now) if is_colourful(sys.stdout) else text)
    elif out.suffix == ".svg":
        _write_drawing(out, drawing.graph_svg(lab.plan, lab.highlights, lab.now))
    elif out.suffix == ".dot":
        _write_drawing(out, drawing.graph_dot(lab.plan, lab.highlights, lab.now))
    elif out.suffix == ".png":
        drawing.graph_png(lab.plan, out, lab.highlights, lab.now)
    else:
        raise TestbedError(f"{out}: unknown kind of picture", fix="use .svg, .png or .dot")


def _choose(
    topology: str | None,
    profile: ProfileName,
    params: list[str] | None,
    name: str | None,
    intents: Sequence[str],
) -> _Lab:
    from testbed.report.graph.links_now import AS_PLANNED
    from testbed.topology.load import load_plan

    if name is None:
        if intents:
            raise TestbedError(
                "a topology has no intents, a lab has",
                fix=f"testbed graph -n LAB --intent {intents[0]}",
            )
        return _Lab(load_plan(topology or "full", profile.value, key_values(params)), AS_PLANNED)
    if topology is not None or params:
        raise TestbedError("a lab has its topology", fix=f"testbed graph -n {name}, or without -n")
    return _look_into(name, intents)


def _look_into(name: str, intents: Sequence[str]) -> _Lab:
    """A lab as it is; others than root see the plan."""
    if os.geteuid() != 0:
        why = "root sees links that are down, shaped or used, and intents"
        return _as_planned(recorded(name), why)
    if not directory(name).built:
        return _as_planned(recorded(name), "the lab is half built")
    from testbed.backbone import build, links_now
    from testbed.backbone.traffic import traffic_now
    from testbed.report.graph.links_now import LinksNow

    plan = enter(name)
    if build.damage(plan):
        return _as_planned(plan, "`testbed status` says what is missing")
    shaped = links_now.as_shaped_now(plan)
    down = dict.fromkeys((*build.links_down(shaped), *_silent(shaped)))
    seen = LinksNow(tuple(down), traffic_now(shaped))
    drawn = _intents(plan, intents)
    return _Lab(shaped, seen, drawn.highlights, drawn.sentences)


def _silent(plan: Plan) -> tuple[Link, ...]:
    """Links without a BFD session that is up."""
    from testbed.backbone.bfd.sessions import silent_links

    try:
        return tuple(silent_links(plan))
    except CheckFailed as error:
        print(f"note: without links that BFD finds silent: {error}", file=sys.stderr)
        return ()


def _intents(plan: Plan, names: Sequence[str]) -> DrawnIntents:
    from testbed.lab.te.drawn import DrawnIntents, drawn_intents

    try:
        drawn = drawn_intents(plan, names)
    except CheckFailed as error:
        print(f"note: without the intents' paths: {error}", file=sys.stderr)
        return DrawnIntents()
    if drawn.left_out and not names:
        print(f"note: {drawn.left_out} more intents: name them with --intent", file=sys.stderr)
    return drawn


def _as_planned(plan: Plan, why: str) -> _Lab:
    from testbed.report.graph.links_now import AS_PLANNED

    print(f"note: drawn as planned; {in_this_lab(why)}", file=sys.stderr)
    return _Lab(plan, AS_PLANNED)


def _with_red(text: str, now: LinksNow) -> str:
    """The lines of links that are down in red."""
    cut = {link.a.interface for link in now.down}
    lines = text.split("\n")
    return "\n".join(
        f"\033[31m{line}\033[0m" if line.split(" ", 1)[0] in cut else line for line in lines
    )


def _write_drawing(file: Path, text: str) -> None:
    try:
        write_for_caller(file, text)
    except OSError as error:
        raise unwritable(file, error) from None
