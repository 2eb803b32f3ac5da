"""render: a lab's configuration files, kubeadm's, Calico-VPP's; without a lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from testbed.cli.common import (
    DEFAULT_LAB,
    Format,
    FormatOption,
    Name,
    Params,
    ProfileName,
    ProfileOption,
    enter,
    key_values,
    need_root,
    show,
    unwritable,
)
from testbed.cli.completion import offering, topologies
from testbed.errors import TestbedError
from testbed.report.tables import Column

if TYPE_CHECKING:
    from testbed.plan.model import Plan

Topology = Annotated[
    str,
    typer.Argument(help="A shipped topology or a .py file.", autocompletion=offering(topologies)),
]
Out = Annotated[Path, typer.Option(help="Directory to write to.")]


class _LabByDefault(TyperGroup):
    """`render full` is `render lab full`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # Any: click's or typer's
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["lab", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="render",
    cls=_LabByDefault,
    help="Write configuration files without a lab: its own, kubeadm's, Calico-VPP's.",
)


@app.command()
def lab(
    topology: Topology = "full",
    out: Out = Path("rendered"),
    profile: ProfileOption = ProfileName.fast,
    params: Params = None,
) -> None:
    """Write every configuration file of a lab; the default: `testbed render full`."""
    from testbed.render.everything import everything
    from testbed.topology.load import load_plan

    _write_all(out, everything(load_plan(topology, profile.value, key_values(params))))


@app.command()
def kubeadm(
    topology: Topology = "full",
    out: Out = Path("rendered/kubeadm"),
    params: Params = None,
) -> None:
    """Write kubeadm's configuration of each node, with a token and an authority of its own."""
    from testbed.orchestrators.kubernetes.kubeadm import bundle

    _write_all(out, bundle(_cluster_plan(topology, params), datetime.now(timezone.utc)), 0o600)


@app.command("calico-vpp")
def calico_vpp(
    topology: Topology = "full",
    out: Out = Path("rendered/calico-vpp"),
    uplink: Annotated[str, typer.Option(help="The nodes' interface to their router.")] = "eth1",
    params: Params = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing: ask a lab's API server, and vpp.")
    ] = False,
    name: Name = DEFAULT_LAB,
    format: FormatOption = Format.table,
) -> None:
    """Write Calico-VPP's objects, VPP's start files, and in which order to apply them."""
    from testbed.render.calico_vpp import files

    if check:
        need_root()
    plan = _cluster_plan(topology, params)
    rendered = files(plan, uplink)
    if check:
        _check_files(plan, rendered, name, format)
    else:
        _write_all(out, rendered)


def _check_files(plan: Plan, rendered: Mapping[str, str], name: str, format: Format) -> None:
    """Verdicts on all files; exit code 1 if one is refused."""
    from testbed.orchestrators.kubernetes import dry_run, vpp_check
    from testbed.orchestrators.kubernetes.api import connect

    verdicts = [vpp_check.judge(node) for node in plan.cluster]
    running = enter(name)
    if not running.orchestrator_traits.containers:
        fix = "testbed up --cluster kubernetes --recreate, or -n NAME for another lab"
        raise TestbedError(f"lab {name!r} has no Kubernetes", fix=fix)
    verdicts = [*dry_run.judge(connect(running), rendered), *verdicts]
    rows = [[v.subject, v.state, v.why] for v in verdicts]
    columns = [Column("what"), Column("verdict"), Column("why", prose=True)]
    show(format, [asdict(v) for v in verdicts], columns, rows)
    if any(v.state == "refused" for v in verdicts):
        raise typer.Exit(1)


def _cluster_plan(topology: str, params: list[str] | None) -> Plan:
    """The plan, which must be able to carry Kubernetes."""
    from testbed.plan.resolve import resolve
    from testbed.topology.load import load_plan

    return resolve(load_plan(topology, params=key_values(params)), "kubernetes")


def _write_all(directory: Path, files: Mapping[str, str], mode: int = 0o644) -> None:
    from testbed.host.files import write_atomically
    from testbed.host.for_caller import hand_to_caller, make_directory

    for name, text in files.items():
        file = directory / name
        try:
            make_directory(file.parent)
            write_atomically(file, text, mode)
            hand_to_caller(file)
        except OSError as error:
            raise unwritable(file, error) from None
    print(f"{len(files)} files in {directory}")
