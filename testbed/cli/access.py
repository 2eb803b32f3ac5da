"""exec, shell, logs, pod, link: reaching into a lab."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from testbed.cli.common import (
    DEFAULT_LAB,
    DryRun,
    Format,
    FormatOnlyOption,
    FormatOption,
    Name,
    enter,
    orchestrator_of,
    show,
)
from testbed.cli.completion import (
    interfaces,
    link_ends,
    nodes,
    nodes_and_pods,
    offering,
    pods,
    programs,
)
from testbed.cli.printed import ProgramRow
from testbed.errors import TestbedError
from testbed.host.for_caller import open_for_caller
from testbed.report.tables import Column

if TYPE_CHECKING:
    from testbed.lab.access.taps import Tap
    from testbed.plan.model import Plan

_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}

NetnsOnly = Annotated[
    bool,
    typer.Option(
        "--netns-only",
        help="This machine's programs and files; only the network is the node's or pod's.",
    ),
]

pod_app = typer.Typer(help="Pods: create, delete, list.", no_args_is_help=True)
Node = Annotated[str, typer.Argument(autocompletion=offering(nodes))]
End = Annotated[
    str,
    typer.Argument(
        help="NODE, or NODE:INTERFACE of parallel links.",
        metavar="NODE[:INTERFACE]",
        autocompletion=offering(link_ends),
    ),
]

link_app = typer.Typer(help="Links: up, down, set.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("exec", context_settings=_PASS_ON)(execute)
    app.command()(shell)
    app.command()(capture)
    app.command()(logs)
    app.add_typer(pod_app, name="pod")
    app.add_typer(link_app, name="link")


def execute(
    node: Annotated[
        str,
        typer.Argument(help="Any node or pod of the lab.", autocompletion=offering(nodes_and_pods)),
    ],
    command: Annotated[list[str], typer.Argument(help="What to run there.")],
    name: Name = DEFAULT_LAB,
    netns_only: NetnsOnly = False,
) -> None:
    """Run a command on a node or in a pod; gives the command's exit code.

    A pod of a Kubernetes lab is its container, as with kubectl exec. A cluster node of such a lab
    has a root of its own. Routers, hosts and a light lab's nodes and pods are networks alone: what
    runs there sees and writes this machine's files, as root.
    """
    plan = enter(name)
    from testbed.lab.access.inside import replace_process

    if command[0] == "--":  # as in `kubectl exec POD -- COMMAND`
        command = command[1:]
    if not command:
        raise TestbedError("no command", fix=f"testbed shell {node}")
    replace_process(plan, node, command, network_only=netns_only)


def shell(
    node: Annotated[
        str,
        typer.Argument(help="Any node or pod of the lab.", autocompletion=offering(nodes_and_pods)),
    ],
    name: Name = DEFAULT_LAB,
    netns_only: NetnsOnly = False,
) -> None:
    """A shell on a node or in a pod.

    See exec for whose files it sees.
    """
    plan = enter(name)
    from testbed.lab.access.inside import replace_process, shell_command

    command = shell_command(plan, node, netns_only)
    replace_process(plan, node, command, prompt=f"{node}# ", network_only=netns_only)


def logs(
    program: Annotated[
        str | None,
        typer.Argument(help="E.g. r3.isisd, worker1.agent.", autocompletion=offering(programs)),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing.")] = False,
    name: Name = DEFAULT_LAB,
    format: FormatOnlyOption = Format.table,
) -> None:
    """A program's log; without PROGRAM, the programs of the lab."""
    enter(name)
    from testbed.lab.access.inside import follow_log, program_rows

    if program is None:
        rows = program_rows()
        data: list[ProgramRow] = [
            {"program": program, "state": state, "since": since} for program, state, since in rows
        ]
        show(format, data, ["program", Column("state", prose=True), Column("since", rank=1)], rows)
    else:
        follow_log(program, follow)


def capture(
    node: Annotated[
        str,
        typer.Argument(
            help="Any node or pod of the lab.",
            metavar="NODE[:INTERFACE]...",
            autocompletion=offering(nodes_and_pods),
        ),
    ],
    more: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILTER",
            help="A filter of tcpdump, behind all nodes.",
            autocompletion=offering(nodes_and_pods),
        ),
    ] = None,
    interface: Annotated[
        str,
        typer.Option(
            "--interface", "-i", help="Default: all.", autocompletion=offering(interfaces)
        ),
    ] = "any",
    write: Annotated[
        str | None, typer.Option("--write", "-w", help="A pcap file, or - for a pipe.")
    ] = None,
    name: Name = DEFAULT_LAB,
) -> None:
    """Run tcpdump on a node: `testbed capture r3 -i r3-r4 -w - | wireshark -k -i -`.

    On several nodes, as one pcapng stream with named interfaces:
    `testbed capture r3 r6 worker1 -w - | wireshark -k -i -`.
    """
    output = str(Path(write).resolve()) if write and write != "-" else write
    plan = enter(name)
    from testbed.lab.access.inside import replace_process
    from testbed.lab.access.taps import find_taps, node_test, split_words, tcpdump

    others, filter_ = split_words(more or [], node_test(plan))
    taps = find_taps([node, *others], interface)
    if others:
        _capture_many(plan, taps, filter_, output)
    command = tcpdump(taps[0].interface)
    if output and output != "-":
        # the file is the caller's, and here; tcpdump is root, and may be in a machine
        os.dup2(open_for_caller(output), 1)
    command += ["-U", "-w", "-"] if output else ["-l"]
    replace_process(plan, taps[0].node, [*command, *filter_], network_only=True)


def _capture_many(
    plan: Plan, taps: Sequence[Tap], filter_: Sequence[str], output: str | None
) -> NoReturn:
    from testbed.lab.access.capture import capture as capture_many

    if output is None:
        raise TestbedError(
            "packets of several nodes are not printed as text",
            fix="-w FILE, or `-w - | tshark -r -`, or one node",
        )
    descriptor = 1
    if output != "-":
        descriptor = open_for_caller(output)
    with os.fdopen(descriptor, "wb", closefd=output != "-") as stream:
        raise typer.Exit(capture_many(plan, taps, filter_, stream))


@pod_app.command("create")
def pod_create(
    pod: Annotated[str, typer.Argument(help="Its name.")],
    node: Annotated[
        str,
        typer.Option("--node", help="The cluster node it runs on.", autocompletion=offering(nodes)),
    ],
    name: Name = DEFAULT_LAB,
) -> None:
    """Start a pod on a node."""
    plan = enter(name)
    from testbed.lab.access.inside import cluster_node

    if pod in plan.by_name:  # `exec` and `path` take both
        raise TestbedError(f"{pod!r} is a node of this lab", fix="choose another name for the pod")
    made = orchestrator_of(plan).create_pod(plan, pod, cluster_node(plan, node).name)
    print(f"{made.name} on {made.node}: {made.ipv4 or '-'} {made.ipv6 or '-'}")


@pod_app.command("delete")
def pod_delete(
    pod: Annotated[str, typer.Argument(autocompletion=offering(pods))], name: Name = DEFAULT_LAB
) -> None:
    """Remove a pod; its addresses go back to the block."""
    plan = enter(name)

    orchestrator_of(plan).delete_pod(plan, pod)


@pod_app.command("list")
def pod_list(name: Name = DEFAULT_LAB, format: FormatOption = Format.table) -> None:
    """All pods."""
    plan = enter(name)
    from dataclasses import asdict

    rows = [asdict(p) for p in orchestrator_of(plan).pods(plan)]
    keys = ["name", "node", "ipv4", "ipv6"]
    show(format, rows, keys, [[str(r[key] or "-") for key in keys] for r in rows])


@link_app.command("up")
def link_up(a: End, b: End, name: Name = DEFAULT_LAB) -> None:
    """Bring the link between A and B up."""
    _set_link(name, a, b, up=True)


@link_app.command("down")
def link_down(a: End, b: End, name: Name = DEFAULT_LAB) -> None:
    """Cut the link between A and B (both ends go down)."""
    _set_link(name, a, b, up=False)


def _set_link(name: str, a: str, b: str, up: bool) -> None:
    plan = enter(name)
    from testbed.backbone.build import set_link
    from testbed.lab.access.links import find_link

    set_link(plan, find_link(plan, a, b), up)


@link_app.command("set")
def link_set(
    a: End,
    b: End,
    bw: Annotated[float | None, typer.Option(help="Mbit/s")] = None,
    delay: Annotated[str | None, typer.Option(help="e.g. 5ms")] = None,
    loss: Annotated[float | None, typer.Option(help="per cent")] = None,
    dry_run: DryRun = False,
    name: Name = DEFAULT_LAB,
) -> None:
    """Bandwidth, delay and loss of a link, until the next `link set` (nothing given: none)."""
    plan = enter(name)
    from testbed.backbone.shaping import preview, reshape
    from testbed.lab.access.links import find_link
    from testbed.topology.options import link_problems

    given = {k: v for k, v in (("bw", bw), ("delay", delay), ("loss", loss)) if v is not None}
    problems = link_problems(f"{a}-{b}", given, None)
    if problems:
        from testbed.plan.problems import InvalidPlan

        raise InvalidPlan("link set", problems)
    link = find_link(plan, a, b)
    if not dry_run:
        reshape(plan, link, bw, delay, loss)
        return
    for line in preview(plan, link, bw, delay, loss):
        print(f"{line} (dry run)")
