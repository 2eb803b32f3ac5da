"""The nodes of a cluster as far as container images go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.images.load import LabImages
from testbed.nodes.handles import handle


def of_nodes(nodes: Sequence[str], kept: Path) -> LabImages:
    """These nodes; `kept` is where the lab keeps what was loaded into it."""
    return LabImages(tuple(nodes), _run_on, kept)


def _run_on(node: str, argv: Sequence[str], stdin: Path | None) -> str:
    return handle(node).run(argv, stdin)
