"""Container images of a lab: those that every lab has, and those loaded into it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from testbed.cluster.images import of_nodes
from testbed.images.load import LabImages
from testbed.lab import state
from testbed.nodes.cluster import present
from testbed.plan.model import Plan


def prepared() -> Path:
    """The store of images that a node's containerd starts with; made now if it is missing.

    To be called outside of any lab. Raises TestbedError.
    """
    from testbed.images.builtin import recipes
    from testbed.images.make import make_images
    from testbed.images.store import store_template

    return store_template(make_images(recipes()))


def of_lab(plan: Plan) -> LabImages:
    """The lab that this process has entered, as far as images go."""
    nodes = [node.name for node in present(plan)]
    return of_nodes(nodes, state.DATA.readlink() / "images")


def announce(plan: Plan, names: Sequence[str]) -> None:
    """Tell the API server which images need not be pulled."""
    from testbed.cluster.life import announce_images
    from testbed.lab.members import kubernetes_api

    announce_images(kubernetes_api(plan), names)
