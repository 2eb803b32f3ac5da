"""box: the disk that virtual machines of a lab start from."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from testbed.cli.common import Format, FormatOption, print_json, show_table
from testbed.errors import TestbedError


def register(app: typer.Typer) -> None:
    """Adds the group `box`."""
    group = typer.Typer(name="box", help="The virtual machines' box.", no_args_is_help=True)

    @group.command("build")
    def build(
        again: Annotated[
            bool, typer.Option(help="With the newest packages, also if it is there.")
        ] = False,
    ) -> None:
        """Make the box from the distribution's packages, unless it is made already."""
        from testbed.vm.box_build import ensure_box

        box = ensure_box(lambda text: print(text, file=sys.stderr), again)
        print(box.directory)

    @group.command("show")
    def show(format: FormatOption = Format.table) -> None:
        """What the box consists of: kernel, packages, versions."""
        from testbed.vm.box import wanted
        from testbed.vm.distribution import of_this_machine

        box = wanted(of_this_machine())
        if not box.made:
            raise TestbedError(
                "there is no box yet", where=str(box.directory), fix="testbed box build"
            )
        record = box.record
        if format is Format.json:
            print_json({"name": box.name, "directory": str(box.directory), **record})
            return
        rows = [["box", box.name], ["made", record["made"]], ["kernel", record["kernel_package"]]]
        rows += [[name, version] for name, version in sorted(record["packages"].items())]
        show_table(None, ["what", "version"], rows)

    app.add_typer(group, name="box")
