"""snapshot: save a lab on virtual machines while it is up, for `up --from-snapshot`."""

from __future__ import annotations

from typing import Annotated

import typer

from testbed.cli.common import (
    DEFAULT_LAB,
    Format,
    FormatOption,
    Name,
    Quiet,
    directory,
    need_root,
    show,
)

SnapshotName = Annotated[str, typer.Argument(metavar="[NAME]", help="Which snapshot.")]


def register(app: typer.Typer) -> None:
    """Adds the group `snapshot`."""
    group = typer.Typer(
        name="snapshot", help="Saved labs on virtual machines.", no_args_is_help=True
    )

    @group.command("save")
    def save_(
        snapshot: SnapshotName = "ready",
        name: Name = DEFAULT_LAB,
        force: Annotated[
            bool, typer.Option("--force", help="Replace a snapshot of this name.")
        ] = False,
        quiet: Quiet = False,
    ) -> None:
        """Save memory and disks of a lab's machines at one moment; the lab goes on."""
        need_root()
        from testbed.host.progress import Progress
        from testbed.lab.snapshots import save

        save(directory(name), snapshot, Progress(quiet), force)

    @group.command("list")
    def list_(output: FormatOption = Format.table) -> None:
        """The snapshots of all labs."""
        need_root()
        from testbed.lab.snapshots import table

        rows = table()
        columns = list(rows[0]) if rows else ["no snapshots"]
        show(output, rows, columns, [[str(v) for v in r.values()] for r in rows])

    @group.command("delete")
    def delete_(snapshot: SnapshotName = "ready", name: Name = DEFAULT_LAB) -> None:
        """Remove a snapshot; a lab that went on from it stays up."""
        need_root()
        from testbed.providers.vagrant.snapshot.snapshots import delete, find, locked

        found = find(directory(name).name, snapshot)
        with locked(name):
            delete(found)

    app.add_typer(group, name="snapshot")
