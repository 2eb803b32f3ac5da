"""image: load archives into a lab's nodes, and list what its pods can run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from testbed.cli.common import (
    DEFAULT_LAB,
    Format,
    FormatOption,
    Name,
    enter,
    need_root,
    print_data,
    show,
)
from testbed.cli.printed import ImageRow, LoadedImages
from testbed.errors import TestbedError
from testbed.report.tables import Column

if TYPE_CHECKING:
    from testbed.plan.model import Plan


def register(app: typer.Typer) -> None:
    """Adds the group `image`."""
    group = typer.Typer(name="image", help="Container images of a lab.", no_args_is_help=True)

    @group.command("load")
    def load_(
        file: Annotated[Path, typer.Argument(help="From docker save, podman save, skopeo copy …")],
        name: Name = DEFAULT_LAB,
        output: FormatOption = Format.table,
    ) -> None:
        """Put the images of an archive onto every node; pods use them without any registry."""
        need_root()
        from testbed.images.store.load import load, loaded
        from testbed.orchestrators.kubernetes.images import announce, of_lab

        try:
            stream = file.open("rb")  # before the lab is entered, where paths mean something else
        except OSError as error:
            raise TestbedError(
                "the archive cannot be read", where=str(file), why=error.strerror
            ) from None
        with stream:
            plan = _kubernetes(name)
            lab = of_lab(plan)
            names = load(stream, str(file), lab)
        announce(plan, loaded(lab.kept))
        found: LoadedImages = {"images": names, "nodes": list(lab.nodes)}
        if not print_data(found, output):
            print("\n".join(names))

    @group.command("list")
    def list_(name: Name = DEFAULT_LAB, output: FormatOption = Format.table) -> None:
        """The images of the lab, and the nodes that have them."""
        from testbed.images.store.load import listing, loaded

        plan = _kubernetes(name)
        from testbed.orchestrators.kubernetes.images import of_lab

        lab = of_lab(plan)
        found, ours = listing(lab), loaded(lab.kept)
        data: list[ImageRow] = [
            {"image": i, "nodes": n, "loaded": i in ours} for i, n in found.items()
        ]
        rows = [[image, ", ".join(nodes)] for image, nodes in found.items()]
        show(output, data, ["image", Column("nodes", prose=True)], rows)

    app.add_typer(group)


def _kubernetes(name: str) -> Plan:
    plan = enter(name)
    if not plan.orchestrator_traits.containers:
        raise TestbedError(
            f"lab {name!r} has no Kubernetes, hence no images",
            fix="testbed up --cluster kubernetes --recreate, or -n NAME for another lab",
        )
    return plan
