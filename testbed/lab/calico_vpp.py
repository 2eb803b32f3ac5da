"""Calico-VPP on the nodes of a lab, where our agent would be."""

from __future__ import annotations

from testbed.api_objects import TE_NAMESPACE
from testbed.host.wait import wait_for
from testbed.images.calico_vpp import Supplies
from testbed.images.store.load import load, loaded
from testbed.lab.images import announce, of_lab
from testbed.lab.membership import kubernetes_api
from testbed.lab.up.progress import Progress
from testbed.orchestrators.kubernetes import calico_vpp
from testbed.plan.model import Plan
from testbed.plan.resolve import UPLINK

PATIENCE = 900.0  # seconds; VPP's and Calico's programs start one after the other


def install(plan: Plan, supplies: Supplies, progress: Progress) -> None:
    """Images onto every node, then Calico's objects and ours in order. Raises TestbedError."""
    lab = of_lab(plan)
    there = loaded(lab.kept)
    with progress.step(f"{len(supplies.images)} images of Calico-VPP on every node"):
        for image, archive in supplies.images.items():
            if image not in there:
                with archive.open("rb") as stream:
                    load(stream, str(archive), lab)
        announce(plan, loaded(lab.kept))
    with progress.step("Calico's operator, Calico-VPP's objects"):
        calico_vpp.apply(plan, kubernetes_api(plan), supplies.manifests, UPLINK)
    with progress.step("agent and VPP on every node"):
        _wait(plan)


def _wait(plan: Plan) -> None:
    """Before the nodes: these are not Ready without it, and could not say why."""

    def probe() -> tuple[bool | None, str]:
        said = calico_vpp.problems(plan)
        return (None if said else True), "; ".join(said)

    fix = f"testbed kubectl -n {TE_NAMESPACE} describe pods"
    wait_for("Calico-VPP", probe, PATIENCE, 1.0, fix)
