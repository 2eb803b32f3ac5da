"""conformance: Kubernetes' own network tests, run over SRv6."""

from __future__ import annotations

import sys
import time
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from testbed.cli.common import Quiet, need_root, require_writable
from testbed.cli.crash import state_home
from testbed.host.for_caller import hand_all_to_caller, make_directory, write_for_caller


class Ways(str, Enum):
    """With which traffic engineering the tests run."""

    none = "none"
    configmap = "configmap"
    both = "both"


def register(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command()(conformance)


def conformance(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Markdown file.")] = None,
    te: Annotated[Ways, typer.Option(help="Best effort, TE ConfigMaps, or both.")] = Ways.both,
    name: Annotated[
        str, typer.Option("--name", "-n", metavar="LAB", help="The lab that is made for it.")
    ] = "conformance",
    keep: Annotated[bool, typer.Option(help="Leave the lab up.")] = False,
    evidence: Annotated[Path | None, typer.Option(help="Directory for logs and reports.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit file.")] = None,
    quiet: Quiet = False,
) -> None:
    """Run Kubernetes' network conformance tests; exit code 1 if not all of them pass."""
    need_root()
    from testbed.artefacts import ensure
    from testbed.conformance.junit import write_junit
    from testbed.conformance.page import page
    from testbed.conformance.suite import Options, run
    from testbed.host.progress import Progress

    if junit is not None:
        require_writable(junit)
    ways = ("none", "configmap") if te is Ways.both else (te.value,)
    directory = evidence or state_home() / "conformance" / time.strftime("%Y%m%d-%H%M%S")
    for way in ways:  # ginkgo writes there as the user who called
        make_directory(directory / way)
    ensure(("conformance", "kubectl"))
    try:
        outcome = run(Options(name, ways, directory, keep), Progress(quiet))
    finally:
        hand_all_to_caller(directory)
    text = page(outcome)
    if out is None:
        print(text, end="")
    else:
        write_for_caller(out, text)
    if junit is not None:
        write_junit(outcome, junit)
    print(f"evidence: {directory}", file=sys.stderr)
    for complaint in outcome.complaints():
        print(f"✗ {complaint}", file=sys.stderr)
    if not outcome.passed:
        raise typer.Exit(1)
