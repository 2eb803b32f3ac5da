"""render: a lab's configuration files, kubeadm's, Calico-VPP's; without a lab."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from testbed.cli.common import Params, ProfileName, ProfileOption, key_values, unwritable

if TYPE_CHECKING:
    from click import Context

    from testbed.plan.model import Plan

Topology = Annotated[str, typer.Argument(help="A shipped topology or a .py file.")]
Out = Annotated[Path, typer.Option(help="Directory to write to.")]


class _LabByDefault(TyperGroup):
    """`render full` is `render lab full`."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["lab", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="render",
    cls=_LabByDefault,
    help="Write configuration files without a lab: its own, kubeadm's, Calico-VPP's.",
)


@app.command()
def lab(
    topology: Topology = "full",
    out: Out = Path("rendered"),
    profile: ProfileOption = ProfileName.fast,
    params: Params = None,
) -> None:
    """Write every configuration file of a lab; the default: `testbed render full`."""
    from testbed.render.everything import everything
    from testbed.topology.load import load_plan

    _write_all(out, everything(load_plan(topology, profile.value, key_values(params))))


@app.command()
def kubeadm(
    topology: Topology = "full",
    out: Out = Path("rendered/kubeadm"),
    params: Params = None,
) -> None:
    """Write kubeadm's configuration of each node, with a token and an authority of its own."""
    from testbed.cluster.kubeadm import bundle

    _write_all(out, bundle(_cluster_plan(topology, params), datetime.now(timezone.utc)), 0o600)


def _cluster_plan(topology: str, params: list[str] | None) -> Plan:
    """The plan, which must be able to carry Kubernetes."""
    from testbed.lab.orchestrate import orchestrated
    from testbed.topology.load import load_plan

    return orchestrated(load_plan(topology, params=key_values(params)), "kubernetes")


def _write_all(directory: Path, files: Mapping[str, str], mode: int = 0o644) -> None:
    from testbed.host.files import write_atomically

    for name, text in files.items():
        file = directory / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, text, mode)
        except OSError as error:
            raise unwritable(file, error) from None
    print(f"{len(files)} files in {directory}")
