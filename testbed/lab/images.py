"""Container images of a lab: those that every lab has, and those loaded into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed import paths
from testbed.images.store.load import LabImages
from testbed.orchestrators.agents import present
from testbed.plan.model import Plan
from testbed.providers.registry import handle


def prepared() -> Path:
    """The store of images that a node's containerd starts with; made now if it is missing.

    To be called outside of any lab. Raises TestbedError.
    """
    from testbed.images.build.builtin import recipes
    from testbed.images.build.make import make_images
    from testbed.images.store.node_store import store_template

    return store_template(make_images(recipes()))


def of_lab(plan: Plan) -> LabImages:
    """The lab that this process has entered, as far as images go."""
    nodes = tuple(node.name for node in present(plan))
    return LabImages(nodes, _run_on, paths.DATA.readlink() / "images")


def announce(plan: Plan, names: Sequence[str]) -> None:
    """Tell the API server which images need not be pulled."""
    from testbed.lab.membership import kubernetes_api
    from testbed.orchestrators.kubernetes.lifecycle import announce_images

    announce_images(kubernetes_api(plan), names)


def _run_on(node: str, argv: Sequence[str], stdin: Path | None) -> str:
    return handle(node).run(argv, stdin)
