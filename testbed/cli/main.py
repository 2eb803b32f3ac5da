"""The command's entry point: mounts the groups, turns errors into exit codes."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, NoReturn

import typer
import typer.main
from typer.core import TyperGroup

from testbed import __version__
from testbed.cli import (
    access,
    artefacts,
    bench,
    box,
    claims,
    collect,
    conformance,
    diff,
    doctor,
    engine,
    evaluate,
    events,
    graph,
    image,
    kube,
    lifecycle,
    netpol,
    nightly,
    parity,
    render,
    replay,
    report,
    run,
    runs,
    schema,
    snapshot,
    te,
    validate,
)
from testbed.cli.common import fail
from testbed.cli.crash import unforeseen
from testbed.cli.error_data import forget_form
from testbed.cli.streams import lost_output, settle_streams
from testbed.cli.usage import RootGroup
from testbed.cli.verbose import Verbose, give_verbose
from testbed.errors import TestbedError
from testbed.host.children import end_with_starter
from testbed.host.environment import settle
from testbed.paths import SYSTEM_PATH

app = typer.Typer(
    name="testbed",
    cls=RootGroup,
    help="The SRv6 testbed: an IS-IS backbone, cluster nodes, an SRv6 overlay, proofs of path.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"testbed {__version__}")
        raise typer.Exit()


@app.callback()
def _root_options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version."),
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Shared by all commands."""


for group in (
    doctor,
    lifecycle,
    access,
    events,
    kube,
    te,
    engine,
    run,
    parity,
    bench,
    evaluate,
    conformance,
    validate,
    graph,
    schema,
    collect,
):
    group.register(app)
app.add_typer(netpol.app, name="netpol")
app.add_typer(render.app, name="render")
app.add_typer(artefacts.app, name="artefacts")
image.register(app)
box.register(app)
snapshot.register(app)
runs.register(app)
replay.register(app)
diff.register(app)
claims.register(app)
nightly.register(app)
report.register(app)
give_verbose(app)


# Ctrl-C, the end of a session, a terminal that hung up: what was begun is put back.
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal. Not a KeyboardInterrupt, out of which each typer version makes something else."""

    seen = False  # survives where a library reports what its callback raised as an error of its own
    signal = signal.SIGINT  # the one that was seen


def main() -> None:
    """Exit codes: 0 ok, 1 a check failed, 2 usage or input, 4 unfit machine, 130 interrupted.

    128 and the signal's number where another signal than SIGINT ended it.
    """
    settle_streams()
    forget_form()
    end_with_starter(os.environ)
    for number in _ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _on_interrupt)
    if os.geteuid() == 0:
        settle(os.environ)
    os.environ.setdefault("PATH", SYSTEM_PATH)
    try:
        app()
    except SystemExit as ended:
        _leave(ended)
    except TestbedError as error:
        fail(error)
    except (Interrupted, KeyboardInterrupt):
        _leave_interrupted()
    except OSError as error:
        fail(TestbedError(f"{error.strerror or error}", where=error.filename, exit_code=1))
    except Exception as error:
        if Interrupted.seen:
            _leave_interrupted()
        fail(unforeseen(error))


def option_place(words: list[str]) -> int | None:
    """The number of words of a command after which it takes -n LAB; None if it takes none."""
    command = typer.main.get_command(app)
    place = 1
    while isinstance(command, TyperGroup) and place < len(words):
        inner = command.commands.get(words[place])
        if inner is None:
            return None
        command, place = inner, place + 1
    return place if any("--name" in option.opts for option in command.params) else None


def _leave(ended: SystemExit) -> NoReturn:
    """With the command's own exit code, whatever became of its output."""
    lost = lost_output()
    if lost:
        print(f"the output could not be written: {lost}", file=sys.stderr)
    raise ended


def _leave_interrupted() -> NoReturn:
    print("interrupted", file=sys.stderr)
    sys.exit(128 + Interrupted.signal)


def _on_interrupt(number: int, *_: object) -> None:
    """The first signal ends the command; further ones must not tear its clean-up apart."""
    for other in _ENDING:
        signal.signal(other, signal.SIG_IGN)
    Interrupted.seen, Interrupted.signal = True, signal.Signals(number)
    raise Interrupted
