"""parity: do nodes as virtual machines do what nodes as namespaces do?"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import (
    Format,
    FormatOption,
    Quiet,
    hand_to_caller,
    make_directory,
    need_root,
    print_json,
    show_table,
)
from testbed.cli.crash import state_home
from testbed.errors import TestbedError

if TYPE_CHECKING:
    from testbed.scenario.run.parity import Row
    from testbed.scenario.run.registry import Scenario
    from testbed.scenario.run.result import ScenarioResult

WIDTH = 80
SCENARIOS = ["smoke", "best-effort", "te-bgp", "te-configmap", "node-join"]


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(parity)


def parity(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"Scenarios. Default: {' '.join(SCENARIOS)}.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every shipped scenario.")] = False,
    machines: Annotated[
        str | None,
        typer.Option(help="A lab of virtual machines that is up, for those that it suits."),
    ] = None,
    of: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--of", metavar="DIR DIR", help="Run nothing: compare two runs' evidence."),
    ] = None,
    evidence: Annotated[Path | None, typer.Option(help="Directory for the evidence.")] = None,
    format: FormatOption = Format.table,
    quiet: Quiet = False,
) -> None:
    """Run scenarios on both kinds of nodes, and put both runs side by side."""
    from testbed.scenario.run.parity import compare
    from testbed.scenario.run.result import read_results

    if of is not None:
        _conclude(compare(read_results(of[0]), read_results(of[1])), format)
        return
    need_root()
    from testbed.host.progress import Progress
    from testbed.scenario.run import registry
    from testbed.scenario.run.runner import Options, run

    chosen = registry.shipped() if all_ else [registry.find(n) for n in names or SCENARIOS]
    suited = _suited(chosen, machines) if machines else []
    directory = evidence or state_home() / "parity" / time.strftime("%Y%m%d-%H%M%S")
    make_directory(directory)

    def results(kind: str, scenarios: list[Scenario], lab: str | None) -> list[ScenarioResult]:
        options = Options(lab, directory / kind, cluster="kubernetes", nodes=kind)
        return run(scenarios, options, Progress(quiet))

    here = results("namespace", chosen, None)
    there = results("vagrant", suited, machines)
    there += results("vagrant", [s for s in chosen if s not in suited], None)
    rows = compare(here, there)
    (directory / "parity.json").write_text(json.dumps(_data(rows), indent=1) + "\n")
    for path in [directory, *directory.rglob("*")]:
        hand_to_caller(path)
    if not quiet:
        print(f"evidence: {directory}", file=sys.stderr)
    _conclude(rows, format)


def _suited(scenarios: Sequence[Scenario], lab: str) -> list[Scenario]:
    """Those that ask for just what this lab is. Raises TestbedError if it has no machines."""
    from testbed.host.labs import lab_dir
    from testbed.lab.state import recorded_plan

    plan = recorded_plan(lab_dir(lab))
    if plan is None or not plan.provider_traits.own_kernel:
        raise TestbedError(
            f"lab {lab!r} has no virtual machines",
            fix=f"testbed up -n {lab} --nodes vagrant, or leave --machines out",
        )
    return [s for s in scenarios if s.topology == plan.topology and not s.params]


def _conclude(rows: Sequence[Row], format: Format) -> None:
    """Show them; exit code 1 unless both kinds did the same, and it was right."""
    if format is Format.json:
        print_json(_data(rows))
    else:
        _show(rows)
    right = ("pass", "not applicable")
    if not all(row.equal and all(v in right for v in row.verdicts) for row in rows):
        raise typer.Exit(1)


def _data(rows: Sequence[Row]) -> list[dict[str, object]]:
    return [{**vars(row), "equal": row.equal} for row in rows]


def _show(rows: Sequence[Row]) -> None:
    """The table, then what differs and what may."""
    from testbed.scenario.run.parity import DECLARED

    columns = ["scenario", "namespaces", "VMs", "seconds", "checks", "paths", "differ"]
    cells = [
        [
            *(row.scenario, *row.verdicts, "/".join(f"{s:.0f}" for s in row.seconds)),
            *(str(row.checks), str(row.paths), str(len(row.differences) or "no")),
        ]
        for row in rows
    ]
    show_table(None, columns, cells)
    for row in rows:
        for text in (*row.differences, *filter(None, [row.excused])):
            print(fill(f"{row.scenario}: {text}", WIDTH, subsequent_indent="  "))
    print("What may differ:")
    for what, why in DECLARED.items():
        print(fill(f"{what}: {why}", WIDTH, initial_indent="  ", subsequent_indent="    "))
