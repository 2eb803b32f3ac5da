"""schema: what the data that commands print look like."""

from __future__ import annotations

from typing import Annotated

import typer

from testbed.cli.common import Format, FormatOption, print_data, show
from testbed.cli.completion import offering, schemas
from testbed.cli.printed import SchemaRow, forms, printed
from testbed.errors import TestbedError
from testbed.object_fields.close import did_you_mean


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(schema)


def schema(
    name: Annotated[
        str | None, typer.Argument(help="E.g. status.", autocompletion=offering(schemas))
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """The JSON Schema of what a command prints with `-o json`, or of a form of files.

    Without NAME, which there are.
    """
    known, read = printed(), forms()
    if name is None:
        rows: list[SchemaRow] = [
            {"name": name, "command": one.command} for name, one in known.items()
        ]
        rows += [{"name": name, "command": form.files} for name, form in read.items()]
        show(format, rows, ["schema", "of testbed …"], [[*map(str, r.values())] for r in rows])
        return
    data = Format.yaml if format is Format.yaml else Format.json
    if name in read:
        print_data(read[name].schema(), data)
        return
    if name not in known:
        names = [*known, *read]
        fix = did_you_mean(name, names) or f"there are: {', '.join(names)}"
        raise TestbedError(f"no schema {name!r}", fix=fix)
    from testbed.report.json_schema import schema_of

    print_data(schema_of(name, known[name].type), data)
