"""up, down, ls, status."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated

import typer

from testbed.cli.common import (
    DEFAULT_CLUSTER,
    DEFAULT_LAB,
    DEFAULT_NODES,
    DEFAULT_OVERLAY,
    BoxOption,
    ClusterOption,
    Format,
    FormatOption,
    Name,
    NodesOption,
    OverlayOption,
    Params,
    ProfileName,
    ProfileOption,
    ProgressOption,
    ProgressStyle,
    Quiet,
    directory,
    enter,
    errors_are_about,
    in_this_lab,
    key_values,
    need_root,
    print_data,
    show,
)
from testbed.cli.completion import offering, topologies
from testbed.report.tables import Column


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(up)
    app.command()(down)
    app.command("ls")(ls)
    app.command()(status)
    app.command()(wait)


def up(
    topology: Annotated[
        str,
        typer.Argument(
            help="A shipped topology or a .py file.", autocompletion=offering(topologies)
        ),
    ] = "full",
    name: Name = DEFAULT_LAB,
    profile: ProfileOption = ProfileName.fast,
    params: Params = None,
    cluster: ClusterOption = DEFAULT_CLUSTER,
    nodes: NodesOption = DEFAULT_NODES,
    overlay: OverlayOption = DEFAULT_OVERLAY,
    box: BoxOption = None,
    recreate: Annotated[bool, typer.Option(help="Replace a lab with another plan.")] = False,
    pods: Annotated[bool, typer.Option(help="Start with a pod on every node.")] = True,
    from_snapshot: Annotated[
        str | None,
        typer.Option(
            "--from-snapshot",
            envvar="TESTBED_FROM_SNAPSHOT",
            metavar="NAME",
            help="Let virtual machines go on from what `testbed snapshot save` saved.",
        ),
    ] = None,
    quiet: Quiet = False,
    progress: ProgressOption = ProgressStyle.text,
) -> None:
    """Bring a lab up, verified; a lab that is up is checked and repaired."""
    need_root()
    from testbed.host.progress import Progress
    from testbed.topology.load import begin

    shown = Progress(quiet, progress.value)
    with shown.step(f"plan of {topology}", "plan"):
        pending = begin(topology, profile.value, key_values(params))
        # imported while another process evaluates the topology
        from testbed.lab.up.request import UpRequest, command_of, planned, prepared
        from testbed.lab.up.up import bring_up

        request = UpRequest(
            lab=directory(name),
            topology=topology,
            profile=profile.value,
            parameters=key_values(params),
            orchestrator=cluster,
            provider=nodes,
            overlay=overlay,
            box=box,
            recreate=recreate,
            with_pods=pods,
            from_snapshot=from_snapshot,
        )
        errors_are_about(request.lab, command_of(request))
        plan = planned(request, pending, shown)
    bring_up(prepared(request, plan, shown))


def down(
    name: Name = DEFAULT_LAB,
    quiet: Quiet = False,
    progress: ProgressOption = ProgressStyle.text,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep what Kubernetes has on disk for the next up.")
    ] = False,
) -> None:
    """Remove everything the lab made, and nothing else."""
    need_root()
    from testbed.host.progress import Progress
    from testbed.lab.up.down import take_down

    shown = Progress(quiet, progress.value)
    if not take_down(directory(name), shown, keep):
        shown.note(f"there is no lab {name!r}")


def ls(format: FormatOption = Format.table) -> None:
    """The labs of this machine."""
    from testbed.lab.summary import summaries

    rows = [asdict(summary) for summary in summaries()]
    columns = [
        Column("name"),
        Column("topology", rank=1),
        Column("profile", rank=2),
        Column("state", prose=True),
        Column("init", rank=3),
    ]
    show(
        format,
        rows,
        columns if rows else ["no labs"],
        [["?" if v is None else str(v) for v in r.values()] for r in rows],
    )


def status(
    name: Name = DEFAULT_LAB,
    format: FormatOption = Format.table,
    probe: Annotated[
        bool, typer.Option("--probe", help="Measure: a probe per pair of nodes and family.")
    ] = False,
) -> None:
    """Nodes, sessions, blocks, SIDs, policies, pods, and what is not as wanted."""
    plan = enter(name)
    from testbed.lab.status import read_lab_status
    from testbed.report.status import print_status

    found = read_lab_status(plan, probe)
    found = replace(found, problems=tuple(in_this_lab(problem) for problem in found.problems))
    if not print_data(found.to_json(), format):
        print_status(name, found, wide=format is Format.wide)
    if found.problems:
        raise typer.Exit(1)


def wait(
    name: Name = DEFAULT_LAB,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, help="Seconds; exit code 1 after them.")
    ] = 60.0,
) -> None:
    """Wait until everything is as wanted, as `status` sees it; say what is not on timeout."""
    plan = enter(name)
    from testbed.lab.status import wait_until_as_wanted

    wait_until_as_wanted(plan, timeout)
    print("everything is as wanted")
