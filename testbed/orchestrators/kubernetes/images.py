"""Container images of a lab: those that every lab has, and those loaded into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.images.build.builtin import recipes
from testbed.images.store.load import LabImages
from testbed.orchestrators.kubernetes import base_objects
from testbed.orchestrators.kubernetes.api import connect
from testbed.plan.model import Plan
from testbed.providers.members import present
from testbed.providers.registry import handle
from testbed.providers.storage import Storage


def of_lab(plan: Plan) -> LabImages:
    """The lab that this process has entered, as far as images go."""
    return of_nodes([node.name for node in present(plan)], Storage.of_lab().loaded)


def of_nodes(nodes: Sequence[str], kept: Path) -> LabImages:
    """These nodes; `kept` is where the lab keeps what was loaded into it."""
    return LabImages(tuple(nodes), _run_on, kept)


def announce(plan: Plan, names: Sequence[str]) -> None:
    """Tell the cluster that pods find these images on every node, so that none is pulled."""
    connect(plan).apply(base_objects.loaded_images([*(r.name for r in recipes()), *names]))


def _run_on(node: str, argv: Sequence[str], stdin: Path | None) -> str:
    return handle(node).run(argv, stdin)
