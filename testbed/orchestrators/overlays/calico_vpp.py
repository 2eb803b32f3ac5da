"""The node overlay `calico-vpp`: the paper's own, where the agents would be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from testbed.api_objects import TE_NAMESPACE
from testbed.errors import TestbedError
from testbed.host.progress import Progress
from testbed.host.wait import wait_for
from testbed.images.calico_vpp import Supplies, supplies
from testbed.images.store.load import load, loaded
from testbed.kube.documents import KubeObject
from testbed.orchestrators.kubernetes import calico_vpp
from testbed.orchestrators.kubernetes.api import connect
from testbed.orchestrators.kubernetes.images import announce, of_lab
from testbed.orchestrators.overlays.base import CniFiles
from testbed.plan.model import Node, Plan
from testbed.providers.base import NodeHandle

PATIENCE = 900.0  # seconds; VPP's and Calico's programs start one after the other


class CalicoVpp:
    """A NodeOverlay."""

    pods_at_start = False
    own_definitions = True

    def __init__(self) -> None:
        self._supplies: Supplies | None = None

    def fetch(self, say: Callable[[str], None]) -> None:
        self._supplies = supplies(say)

    def cni(self, configuration: str, node: NodeHandle) -> CniFiles:
        """Calico installs a plugin of its own."""
        return CniFiles()

    def start(self, nodes: Sequence[Node], gobgpd: Path) -> None:
        """Agent and VPP run as pods."""

    def objects(self, plan: Plan) -> list[KubeObject]:
        """They come with install()."""
        return []

    def install(self, plan: Plan, progress: Progress) -> None:
        """Images onto every node, then Calico's objects and ours in order. Raises TestbedError."""
        if self._supplies is None:
            raise TestbedError("Calico-VPP was not fetched", fix="testbed up --overlay calico-vpp")
        lab, uplink = of_lab(plan), plan.overlay_traits.uplink
        assert uplink is not None, "the plan was resolved for this overlay"
        there = loaded(lab.kept)
        images = self._supplies.images
        title = f"{len(images)} images of Calico-VPP on every node"
        with progress.step(title, "calico-vpp-images"):
            for image, archive in images.items():
                if image not in there:
                    with archive.open("rb") as stream:
                        load(stream, str(archive), lab)
            announce(plan, loaded(lab.kept))
        with progress.step("Calico's operator, Calico-VPP's objects", "calico-vpp-objects"):
            calico_vpp.apply(plan, connect(plan), self._supplies.manifests, uplink)
        with progress.step("agent and VPP on every node", "calico-vpp-ready"):
            _wait_ready(plan)

    def problems(self, plan: Plan) -> list[str]:
        return calico_vpp.problems(plan)


def _wait_ready(plan: Plan) -> None:
    """Before the nodes: these are not Ready without it, and could not say why."""

    def probe() -> tuple[bool | None, str]:
        said = calico_vpp.problems(plan)
        return (None if said else True), "; ".join(said)

    fix = f"testbed kubectl -n {TE_NAMESPACE} describe pods"
    wait_for("Calico-VPP", probe, PATIENCE, 1.0, fix)
