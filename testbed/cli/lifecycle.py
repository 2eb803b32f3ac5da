"""up, down, ls, status."""

from __future__ import annotations

import os
from pathlib import Path
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
    Quiet,
    directory,
    enter,
    key_values,
    need_root,
    print_json,
    show_table,
)
from testbed.errors import MachineUnfit


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(up)
    app.command()(down)
    app.command("ls")(ls)
    app.command()(status)


def up(
    topology: Annotated[str, typer.Argument(help="A shipped topology or a .py file.")] = "full",
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
) -> None:
    """Bring a lab up, verified; a lab that is up is checked and repaired."""
    need_root()
    from testbed.lab.up.progress import Progress
    from testbed.topology.load import begin

    lab, progress = directory(name), Progress(quiet)
    with progress.step(f"plan of {topology}"):
        pending = begin(topology, profile.value, key_values(params))
        # imports and checks, while another process evaluates the topology
        from testbed.doctor.preflight import cluster_preflight, preflight, virtual_preflight
        from testbed.lab.up.lifecycle import up as bring_up
        from testbed.plan.resolve import orchestrated
        from testbed.providers.vagrant.stock.catalogue import location

        fresh = lab.init_pid() is None
        warnings = preflight() if fresh else []
        plan = orchestrated(
            pending.plan(), cluster.value, nodes.value, overlay.value, box and location(box)
        )
        warnings += cluster_preflight() if fresh and plan.kubernetes else []
        warnings += virtual_preflight(len(plan.virtual)) if fresh and plan.virtual else []
    for warning in warnings:
        progress.note(f"{warning.check}: {warning.seen}; {warning.fix}")
    calico = None
    if plan.overlay == "calico-vpp":  # first: most machines cannot have it
        from testbed.images.calico_vpp import supplies

        calico = supplies(progress.note)
    source = None
    if from_snapshot is not None:
        from testbed.lab.up.from_snapshot import Source

        source = Source.of(lab.name, from_snapshot, plan)
    if plan.cluster or plan.injectors:
        from testbed.artefacts import ensure

        ensure(() if plan.kubernetes else ("gobgp",))
    gobgpd = _gobgpd() if plan.cluster or plan.injectors else None
    images = None
    if plan.kubernetes:
        from testbed.lab.images import prepared

        images = prepared()
    machines = None
    if plan.virtual:
        from testbed.lab.virtual import hardware

        assert images is not None
        machines = hardware(plan.box, images, progress, calico)
        if source:
            source.check(plan, machines)
    bring_up(lab, plan, gobgpd, progress, recreate, pods, images, machines, source)


def _gobgpd() -> Path:
    given = os.environ.get("TESTBED_GOBGPD")
    if given:
        if not (Path(given).is_file() and os.access(given, os.X_OK)):
            raise MachineUnfit(f"{given} is no program", fix="set or unset TESTBED_GOBGPD")
        return Path(given).resolve()
    from testbed.artefacts import program

    return program("gobgpd")


def down(
    name: Name = DEFAULT_LAB,
    quiet: Quiet = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep what Kubernetes has on disk for the next up.")
    ] = False,
) -> None:
    """Remove everything the lab made, and nothing else."""
    need_root()
    from testbed.lab.up.lifecycle import down as take_down
    from testbed.lab.up.progress import Progress

    progress = Progress(quiet)
    if not take_down(directory(name), progress, keep):
        progress.note(f"there is no lab {name!r}")


def ls(format: FormatOption = Format.table) -> None:
    """The labs of this machine."""
    need_root()
    from testbed.host.labs import lab_dir, others
    from testbed.lab.state import recorded_plan

    rows = []
    for name in others():
        lab = lab_dir(name)
        plan = recorded_plan(lab)
        pid = lab.init_pid()
        rows.append(
            {
                "name": name,
                "topology": plan.topology if plan else None,
                "profile": plan.profile if plan else None,
                "state": _state(pid is not None, plan is not None),
                "init": pid,
            }
        )
    if format is Format.json:
        print_json(rows)
    else:
        show_table(
            None,
            list(rows[0]) if rows else ["no labs"],
            [["?" if v is None else str(v) for v in r.values()] for r in rows],
        )


def _state(alive: bool, known: bool) -> str:
    if not alive:
        return "dead (testbed down removes what is left)"
    return "up" if known else "up, made by another version (testbed up --recreate replaces it)"


def status(name: Name = DEFAULT_LAB, format: FormatOption = Format.table) -> None:
    """Nodes, sessions, blocks, SIDs, policies, pods, and what is not as wanted."""
    plan = enter(name)
    from testbed.lab.status import overview, to_json
    from testbed.report.status import print_status

    view = overview(plan)
    if format is Format.json:
        print_json(to_json(view))
    else:
        print_status(name, view)
    if view["problems"]:
        raise typer.Exit(1)
