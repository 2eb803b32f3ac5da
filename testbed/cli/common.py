"""Options that many commands share, rights, and how errors and results are shown."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO, TypeVar

import typer
from typer.models import OptionInfo

from testbed.cli.advice import Lab, in_lab
from testbed.cli.completion import labs, offering
from testbed.cli.error_data import error_document, note_form, wanted_form
from testbed.errors import MachineUnfit, TestbedError
from testbed.host.environment import asked
from testbed.host.terminal import is_colourful
from testbed.interpreter import own_program
from testbed.plan.traits import ORCHESTRATORS, OVERLAYS, PROVIDERS
from testbed.report.tables import Column, show_table

if TYPE_CHECKING:
    from testbed.host.labs import LabDir
    from testbed.orchestrators.base import Orchestrator
    from testbed.plan.model import Plan

DEFAULT_LAB = "testbed"


class Format(str, Enum):
    """How results are printed; `wide`: a table with all its columns."""

    table = "table"
    wide = "wide"
    json = "json"
    yaml = "yaml"


class ProfileName(str, Enum):
    """IS-IS timers: `fast` converges in seconds, `paper` has the paper's timers."""

    fast = "fast"
    paper = "paper"


class ProgressStyle(str, Enum):
    """How progress is told on stderr: lines for people, or one JSON object per event."""

    text = "text"
    json = "json"


def one_of(names: Mapping[str, object]) -> Callable[[str], str]:
    """A parser that takes one of these names, those that were registered later too."""

    def parse(given: str) -> str:
        if given not in names:
            raise typer.BadParameter(f"{given!r} is not one of {', '.join(names)}.")
        return given

    return parse


DEFAULT_OVERLAY, DEFAULT_NODES, DEFAULT_CLUSTER = "agent", "namespace", "kubernetes"


def _registered(option: str, names: Mapping[str, object], meaning: str) -> OptionInfo:
    """An option whose value is a name of a registry."""
    found: OptionInfo = typer.Option(
        f"--{option}",
        envvar=f"TESTBED_{option.upper()}",
        parser=one_of(names),
        metavar=f"<{'|'.join(names)}>",
        autocompletion=lambda: list(names),
        help=meaning,
    )
    return found


Name = Annotated[
    str,
    typer.Option(
        "--name",
        "-n",
        envvar="TESTBED_NAME",
        metavar="LAB",
        help="Which lab.",
        autocompletion=offering(labs),
    ),
]
_Chosen = TypeVar("_Chosen", bound=Enum)


def chosen_form(value: _Chosen) -> _Chosen:
    """The value of an option that chooses the form of results: errors follow it."""
    note_form(value.value)
    return value


FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        "-f",
        "-o",
        envvar="TESTBED_FORMAT",
        help="Output format.",
        callback=chosen_form,
    ),
]
# For commands whose -f is a file.
FormatOnlyOption = Annotated[
    Format,
    typer.Option(
        "--format", "-o", envvar="TESTBED_FORMAT", help="Output format.", callback=chosen_form
    ),
]
ProfileOption = Annotated[
    ProfileName, typer.Option("--profile", envvar="TESTBED_PROFILE", help="IS-IS timers.")
]
ClusterOption = Annotated[str, _registered("cluster", ORCHESTRATORS, "What runs the pods.")]
NodesOption = Annotated[str, _registered("nodes", PROVIDERS, "What cluster nodes are.")]
OverlayOption = Annotated[str, _registered("overlay", OVERLAYS, "What carries the pods' packets.")]
ProgressOption = Annotated[
    ProgressStyle,
    typer.Option(
        "--progress",
        envvar="TESTBED_PROGRESS",
        help="How progress is told on stderr.",
        callback=chosen_form,
    ),
]
BoxOption = Annotated[
    str | None,
    typer.Option(
        "--box",
        envvar="TESTBED_BOX",
        metavar="NAME",
        help="Of virtual machines: an online box by name, URL or file, instead of our own.",
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", envvar="TESTBED_QUIET", help="No progress lines.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check all, say what would change, change nothing.")
]
Params = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Argument of the topology's build()."),
]


def key_values(pairs: list[str] | None, option: str = "--set") -> dict[str, str]:
    """KEY=VALUE options as a dictionary."""
    values = {}
    for pair in pairs or []:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            fix = f"{option} {key or 'KEY'}=VALUE"
            raise TestbedError(f"{option} {pair!r} is not KEY=VALUE", fix=fix)
        values[key] = value
    return values


def need_root() -> None:
    """Go on as root: by sudo if this is a user. Exit code 4 where that is refused."""
    if os.geteuid() == 0:
        return
    sudo = shutil.which("sudo")
    if sudo is None:
        raise MachineUnfit("this command needs root, and there is no sudo", fix="run it as root")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    os.environ.setdefault("TESTBED_CACHE", str(cache / "testbed"))
    state = Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state"))
    os.environ.setdefault("TESTBED_STATE", str(state / "testbed"))
    kept = f"--preserve-env={','.join(asked(os.environ))}"
    # exec: sudo's own words ("a password is required") reach the user as they are
    probe = (
        os.spawnv(os.P_WAIT, sudo, [sudo, "-v"])
        if sys.stdin.isatty()
        else os.spawnv(os.P_WAIT, sudo, [sudo, "-n", "true"])
    )
    if probe != 0:
        raise MachineUnfit("this command needs root, and sudo refused", fix="run it as root")
    os.execv(sudo, [sudo, kept, *own_program("testbed", *sys.argv[1:])])


def require_writable(file: Path) -> None:
    """Before anything runs. Raises TestbedError."""
    there = file.exists()
    try:
        # O_CREAT only for a new file: see open_for_caller
        os.close(os.open(file, os.O_WRONLY | (0 if there else os.O_CREAT), 0o666))
    except OSError as error:
        raise unwritable(file, error) from None
    if not there:
        file.unlink()


def unwritable(file: Path, error: OSError) -> TestbedError:
    """The error for a file that the user wants and that cannot be written."""
    return TestbedError(f"{file} cannot be written", why=error.strerror, fix="choose another place")


def enter(name: str) -> Plan:
    """Enter a running lab as root and give its plan."""
    from testbed.lab.state import enter as enter_lab

    lab = directory(name)
    if not lab.exists():  # said before anybody is asked for a password
        lab.living()
    need_root()
    return enter_lab(lab)


def orchestrator_of(plan: Plan) -> Orchestrator:
    """What runs the pods of this plan; loaded by the commands that need it, not by `--help`."""
    from testbed.orchestrators import registry

    return registry.orchestrator_of(plan)


def recorded(name: str) -> Plan:
    """The plan of a running lab as it is on record, where everybody may read it."""
    from testbed.lab.state import foreign, recorded_plan

    lab = directory(name)
    lab.living()
    plan = recorded_plan(lab)
    if plan is None:
        raise foreign(lab, lab.up_command)
    return plan


def directory(name: str) -> LabDir:
    """The lab's directory; refuses what is no lab name. Errors from here on are about that lab."""
    from testbed.host.labs import lab_dir

    lab = lab_dir(name)
    errors_are_about(lab, lab.up_command)  # read now: from inside a lab it is out of sight
    return lab


_about: list[Lab] = []  # the lab of this command, once it is known


def errors_are_about(lab: LabDir, up_command: str) -> None:
    """The fixes of what fails from here on are printed for this lab."""
    _about[:] = [Lab(lab.name, up_command, usual=lab.name == DEFAULT_LAB)]


def print_data(value: object, format: Format) -> bool:
    """Print stable JSON or YAML, if that was asked for. Returns False if people read it."""
    if format not in (Format.json, Format.yaml):
        return False
    text = json.dumps(value, indent=2, default=str)
    if format is Format.json:
        print(text)
    else:
        _print_yaml(json.loads(text), sys.stdout)
    return True


def show(
    format: Format, value: object, columns: Sequence[Column | str], rows: list[list[str]]
) -> None:
    """A result in the format that was asked for: `value` as data, or a table."""
    if not print_data(value, format):
        show_table(None, columns, rows, format is Format.wide)


def _print_yaml(value: object, stream: TextIO) -> None:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.version = (1, 1)  # quotes what readers of the older version take for times and truths
    yaml.dump(value, stream)


def in_this_lab(text: str) -> str:
    """What is printed, with the commands in it completed for the lab of this command."""
    from testbed.cli.main import option_place  # there are all commands; it imports this

    for lab in _about:
        text = in_lab(text, lab, option_place)
    return text


def fail(error: TestbedError) -> NoReturn:
    """What, where, why, what to do, as text or as data; then the error's exit code."""
    form = wanted_form()
    if form is None:
        _print_error(error)
    else:
        document = error_document(error, in_this_lab)
        if form == "json":  # on one line: messages may stand before it
            print(json.dumps(document), file=sys.stderr)
        else:
            _print_yaml(document, sys.stderr)
    sys.stderr.flush()
    sys.exit(error.exit_code)


def _print_error(error: TestbedError) -> None:
    colour = "\033[31m" if is_colourful(sys.stderr) else ""
    said = in_this_lab(str(error))
    print(f"{colour}error:{chr(27) + '[0m' if colour else ''} {said}", file=sys.stderr)
