"""artefacts: list, fetch, verify, export and import the pinned programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.common import Format, FormatOption, print_data, show
from testbed.cli.printed import ArtefactCheck
from testbed.report.tables import Column

app = typer.Typer(
    name="artefacts", help="Programs that the distribution lacks.", no_args_is_help=True
)


@app.command("list")
def list_(output: FormatOption = Format.table) -> None:
    """What the lock file names, and what the cache holds of it."""
    from testbed.artefacts import listing

    rows = listing()
    table = [
        [row["name"], row["version"], row["state"], row["source"] or "-", row["path"] or "-"]
        for row in rows
    ]
    columns = [
        *map(Column, ("artefact", "version", "state")),
        Column("source", rank=1),
        Column("path", rank=2),
    ]
    show(output, rows, columns, table)


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Programs or artefacts; what a lab needs if none.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Even if the cache holds it.")] = False,
    output: FormatOption = Format.table,
) -> None:
    """Get what is missing: from the cache, the official release, or a build."""
    from testbed.artefacts import ensure

    found = ensure(names or (), force=force)
    if print_data({name: str(path) for name, path in found.items()}, output):
        return
    for name, path in found.items():
        print(f"{name}  {path}")


@app.command()
def verify(output: FormatOption = Format.table) -> None:
    """Read every cached program in full; exit code 1 if one is missing or changed."""
    from testbed.artefacts import verify as verify_all

    results = verify_all()
    data: list[ArtefactCheck] = [
        {"name": name, "ok": error is None, "problem": str(error) if error else None}
        for name, error in results
    ]
    if not print_data(data, output):
        for name, error in results:
            print(f"{name}: ok" if error is None else f"{name}: {error}")
    if any(error for _, error in results):
        raise typer.Exit(1)


@app.command("export")
def export_(
    file: Annotated[Path, typer.Argument(help="The archive to write (.tar.gz).")],
    names: Annotated[list[str] | None, typer.Argument(help="All that is cached if none.")] = None,
) -> None:
    """Write cached programs into one archive, for a machine without network."""
    from testbed.artefacts import export_bundle

    export_bundle(file, names or ())


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="What `artefacts export` wrote elsewhere.")],
) -> None:
    """Take programs out of such an archive, each verified by its hash."""
    from testbed.artefacts import import_bundle

    import_bundle(file)
