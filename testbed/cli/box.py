"""box: the disk that virtual machines of a lab start from."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from testbed.cli.common import Format, FormatOption, print_data
from testbed.errors import TestbedError
from testbed.report.tables import show_table

Asked = Annotated[
    str, typer.Argument(metavar="NAME", help="A name of Vagrant's catalogue, a URL or a file.")
]


def register(app: typer.Typer) -> None:
    """Adds the group `box`."""
    group = typer.Typer(name="box", help="The virtual machines' box.", no_args_is_help=True)
    group.command()(build)
    group.command()(add)
    group.command()(show)
    group.command()(remove)
    app.add_typer(group, name="box")


def build(
    again: Annotated[
        bool, typer.Option(help="With the newest packages, also if it is there.")
    ] = False,
) -> None:
    """Make the box from the distribution's packages, unless it is made already."""
    from testbed.providers.vagrant.box.build import ensure_box

    print(ensure_box(_print_note, again).directory)


def add(
    name: Asked,
    again: Annotated[bool, typer.Option(help="The newest version, also if one is there.")] = False,
) -> None:
    """Take an online box for `up --box NAME`, which else does it itself."""
    from testbed.providers.vagrant.stock.catalogue import location, take_box

    print(take_box(location(name), _print_note, again).directory)


def remove(name: Asked) -> None:
    """Remove an online box that was taken; labs that are up keep their disks."""
    from testbed.providers.vagrant.stock.catalogue import location
    from testbed.providers.vagrant.stock.catalogue import remove as forget

    if not forget(location(name)):
        raise _not_taken(name)


def show(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="An online box that was taken.")
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """What the box consists of: kernel, packages, versions; of an online one what was taken."""
    record = _stock_box(name) if name else _own_box()
    if print_data(record, format):
        return
    packages = record.pop("packages", {})
    assert isinstance(packages, dict)
    rows = [[key, _format_value(value)] for key, value in record.items()]
    show_table(None, ["what", "version"], rows + [[k, v] for k, v in sorted(packages.items())])


def _own_box() -> dict[str, object]:
    from testbed.providers.vagrant.box.box import wanted_box
    from testbed.providers.vagrant.box.distribution import of_this_machine

    box = wanted_box(of_this_machine())
    if not box.made:
        raise TestbedError("there is no box yet", where=str(box.directory), fix="testbed box build")
    return {"name": box.name, "directory": str(box.directory), **box.record}


def _stock_box(name: str) -> dict[str, object]:
    from testbed.providers.vagrant.stock.catalogue import find_taken, location

    taken = find_taken(location(name))
    if taken is None:
        raise _not_taken(name)
    return asdict(taken)


def _not_taken(name: str) -> TestbedError:
    return TestbedError("this box was not taken yet", where=name, fix=f"testbed box add {name}")


def _format_value(value: object) -> str:
    """A distribution without its sources; anything else as it is."""
    words = value.values() if isinstance(value, dict) else [value]
    return " ".join(word for word in words if isinstance(word, str))


def _print_note(text: str) -> None:
    print(text, file=sys.stderr)
