"""kubectl, vagrant, env: the cluster of a lab from the host's shell."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from testbed.cli.common import DEFAULT_LAB, Name, directory, enter, need_root

# Every option behind the command's name is kubectl's own, -n among them.
_PASS_ON = {
    "ignore_unknown_options": True,
    "allow_extra_args": True,
    "allow_interspersed_args": False,
    "help_option_names": [],
}


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command(context_settings=_PASS_ON, add_help_option=False)(kubectl)
    app.command()(env)
    app.command(context_settings=_PASS_ON, add_help_option=False)(vagrant)
    app.command("in-network", hidden=True, context_settings={"allow_interspersed_args": False})(
        in_network
    )


def kubectl(context: typer.Context) -> None:
    """kubectl for the lab $TESTBED_NAME (default testbed): `testbed kubectl get pods -A`."""
    need_root()
    from testbed.lab.access.kube import kubectl as program
    from testbed.lab.access.kube import run_in_network

    lab = directory(os.environ.get("TESTBED_NAME", DEFAULT_LAB))
    run_in_network(lab, [program(), *context.args])


def vagrant(context: typer.Context) -> None:
    """vagrant for the machines of lab $TESTBED_NAME (default testbed): `testbed vagrant status`."""
    plan = enter(os.environ.get("TESTBED_NAME", DEFAULT_LAB))
    from testbed.providers.vagrant.shell import run_vagrant

    run_vagrant(plan, context.args)


def env(
    name: Name = DEFAULT_LAB,
    expose: Annotated[
        bool, typer.Option("--expose", help="Open a port on 127.0.0.1 to the API server.")
    ] = False,
) -> None:
    """Shell lines that put the lab's kubectl into PATH: `eval "$(testbed env)"`."""
    need_root()
    from testbed.lab.access.kube import exposed_lines, shell_lines

    lines = exposed_lines if expose else shell_lines
    print("\n".join(lines(directory(name))))


def in_network(command: Annotated[list[str], typer.Argument()], name: Name = DEFAULT_LAB) -> None:
    """Run a program of the host in the network of the lab's API server."""
    need_root()
    from testbed.lab.access.kube import kubectl as program
    from testbed.lab.access.kube import run_in_network

    if command[0] == "kubectl":
        command = [program(), *command[1:]]
    run_in_network(directory(name), command)
